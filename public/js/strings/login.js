/** The page that logs a browser in. @type {import('../i18n.js').StringTable} */
export default {
  en: {
    'login.title': 'Log in · Rostro',
    'login.heading': 'Log in',
    'login.lead': 'This server asks for an access key.',
    'login.key': 'Access key',
    'login.show': 'Show the key',
    'login.submit': 'Log in',
    'login.busy': 'Logging in…',
    'login.where':
      'The operator of the server creates one with the command below. It begins with rostro_ and determines what you may do.',
    'login.kept': 'This browser stays logged in until you log out, or for 12 hours without use. The key is not kept.',
    'login.open': 'This server asks for no key.',
    'login.continue': 'Go on without one',
    'login.wrong': 'This is not a good key of this server: it is mistyped, expired or revoked.',
    'login.wait.one': 'Too many wrong keys. Try again in a second.',
    'login.wait.other': 'Too many wrong keys. Try again in {count} seconds.',
  },
  es: {
    'login.title': 'Iniciar sesión · Rostro',
    'login.heading': 'Iniciar sesión',
    'login.lead': 'Este servidor pide una clave de acceso.',
    'login.key': 'Clave de acceso',
    'login.show': 'Mostrar la clave',
    'login.submit': 'Entrar',
    'login.busy': 'Entrando…',
    'login.where':
      'Quien administra el servidor la crea con la orden de abajo. Empieza por rostro_ y decide lo que usted puede hacer.',
    'login.kept':
      'Este navegador mantiene la sesión hasta que usted la cierre, o durante 12 horas sin uso. La clave no se guarda.',
    'login.open': 'Este servidor no pide ninguna clave.',
    'login.continue': 'Continuar sin clave',
    'login.wrong': 'No es una clave válida de este servidor: está mal escrita, ha caducado o fue revocada.',
    'login.wait.one': 'Demasiadas claves incorrectas. Inténtelo de nuevo dentro de un segundo.',
    'login.wait.other': 'Demasiadas claves incorrectas. Inténtelo de nuevo dentro de {count} segundos.',
  },
};
