/** The frame of the Server page; each section has a table of its own. @type {import('../i18n.js').StringTable} */
export default {
  en: {
    'server.title': 'Server · Rostro',
    'server.heading': 'Server',
    'server.lead': 'Settings, keys and the state of this server.',
    'server.sections': 'Sections',
    'server.section.settings': 'Settings',
    'server.section.keys': 'Keys',
    'server.section.integrations': 'Integrations',
    'server.section.model': 'Model',
    'server.section.health': 'Health',
  },
  es: {
    'server.title': 'Servidor · Rostro',
    'server.heading': 'Servidor',
    'server.lead': 'Ajustes, claves y estado de este servidor.',
    'server.sections': 'Secciones',
    'server.section.settings': 'Ajustes',
    'server.section.keys': 'Claves',
    'server.section.integrations': 'Integraciones',
    'server.section.model': 'Modelo',
    'server.section.health': 'Estado',
  },
};
