/** The page that shows which threshold suits the gallery. @type {import('../i18n.js').StringTable} */
export default {
  en: {
    'calibration.title': 'Calibration · Rostro',
    'calibration.heading': 'Calibration',
    'calibration.lead':
      'How far apart the faces of one person are here, how near strangers come, and where to draw the line.',
    'calibration.wanted': 'Strangers who may be given a name',
    'calibration.measuring': 'Searching the gallery for everyone in it …',
    'calibration.nothing':
      'There is nothing to measure yet. Enrol two people or more, with two photos or more of each.',
    'calibration.advice':
      'With a threshold of {threshold}, {far} of strangers are given a name, and {frr} of searches for someone who is enrolled do not find them.',
    'calibration.now': 'Now it is {threshold} ({source}): {far} of strangers, {frr} not found.',
    'calibration.use': 'Use this threshold',
    'calibration.reset': 'Use the default threshold',
    'calibration.applied': 'The threshold is now {threshold}.',
    'calibration.apply': 'On the command line: {command}. To set it for good, start the server with {setting}.',
    'calibration.note':
      'With {people} people, up to {strangers} get a name at {threshold}, by the figures of this network. THRESHOLD=auto sets a threshold for the size of the gallery.',
    'calibration.source.set': 'as set',
    'calibration.source.auto': 'for the size of the gallery',
    'calibration.source.calibrated': 'calibrated',
    'calibration.source.default': 'the embedder’s own',
    'calibration.chart': 'Distances',
    'calibration.chart.label':
      'Two histograms of distances. Own people: most between {ownFrom} and {ownTo}. Strangers: most between {strangerFrom} and {strangerTo}. The threshold in use is {threshold}.',
    'calibration.axis': 'distance',
    'calibration.mark.current': 'now {threshold}',
    'calibration.mark.recommended': 'recommended {threshold}',
    'calibration.own': 'someone who is enrolled, to their nearest other photo ({count} searches)',
    'calibration.stranger': 'a stranger, to the nearest of all photos ({count} searches)',
    'calibration.table': 'At other thresholds',
    'calibration.threshold': 'Threshold',
    'calibration.far': 'Strangers named',
    'calibration.frr': 'Own people not named',
    'calibration.misnamed': 'Of these, given another’s name',
    'calibration.warning.few_searches':
      '{searches} searches for strangers are too few to be sure of {wanted}: that takes {needed}. In truth it may be up to {atMost}.',
    'calibration.warning.few_people':
      'The strangers are {strangers} different people only; others may look more like someone here.',
    'calibration.warning.few_genuine':
      '{genuine} searches for own people are too few to tell how many are not found. Enrol two photos or more of each.',
    'calibration.warning.stand_ins':
      'No photos of strangers are known, so everyone stood in for one, searched among the others. “rostro calibrate --strangers FOLDER --apply” takes real ones.',
    'calibration.warning.many_rejected':
      'Many of the own people are not named at this threshold: more or better photos of them help, or a trained matcher (MATCHER=svm).',
  },
  es: {
    'calibration.title': 'Calibración · Rostro',
    'calibration.heading': 'Calibración',
    'calibration.lead':
      'Cuánto distan aquí las caras de una misma persona, cuánto se acercan los desconocidos y dónde trazar la línea.',
    'calibration.wanted': 'Desconocidos que pueden recibir un nombre',
    'calibration.measuring': 'Buscando en la galería a todos los que están en ella…',
    'calibration.nothing':
      'Aún no hay nada que medir. Registre al menos dos personas, con dos fotos o más de cada una.',
    'calibration.advice':
      'Con un umbral de {threshold}, el {far} de los desconocidos recibe un nombre, y el {frr} de las búsquedas de alguien registrado no lo encuentra.',
    'calibration.now': 'Ahora es {threshold} ({source}): {far} de los desconocidos, {frr} sin encontrar.',
    'calibration.use': 'Usar este umbral',
    'calibration.reset': 'Usar el umbral por defecto',
    'calibration.applied': 'El umbral es ahora {threshold}.',
    'calibration.apply': 'En la línea de órdenes: {command}. Para fijarlo del todo, inicie el servidor con {setting}.',
    'calibration.note':
      'Con {people} personas, hasta {strangers} recibe un nombre con {threshold}, según las cifras de esta red. THRESHOLD=auto fija un umbral según el tamaño de la galería.',
    'calibration.source.set': 'fijado',
    'calibration.source.auto': 'según el tamaño de la galería',
    'calibration.source.calibrated': 'calibrado',
    'calibration.source.default': 'el propio de la red',
    'calibration.chart': 'Distancias',
    'calibration.chart.label':
      'Dos histogramas de distancias. Personas registradas: la mayoría entre {ownFrom} y {ownTo}. Desconocidos: la mayoría entre {strangerFrom} y {strangerTo}. El umbral en uso es {threshold}.',
    'calibration.axis': 'distancia',
    'calibration.mark.current': 'ahora {threshold}',
    'calibration.mark.recommended': 'recomendado {threshold}',
    'calibration.own': 'alguien registrado, hasta su otra foto más cercana ({count} búsquedas)',
    'calibration.stranger': 'un desconocido, hasta la más cercana de todas las fotos ({count} búsquedas)',
    'calibration.table': 'Con otros umbrales',
    'calibration.threshold': 'Umbral',
    'calibration.far': 'Desconocidos con nombre',
    'calibration.frr': 'Registrados sin nombre',
    'calibration.misnamed': 'De ellos, con el nombre de otro',
    'calibration.warning.few_searches':
      '{searches} búsquedas de desconocidos son pocas para asegurar el {wanted}: hacen falta {needed}. En realidad puede llegar al {atMost}.',
    'calibration.warning.few_people':
      'Los desconocidos son solo {strangers} personas distintas; otras pueden parecerse más a alguien de aquí.',
    'calibration.warning.few_genuine':
      '{genuine} búsquedas de personas registradas son pocas para saber cuántas no se encuentran. Registre dos fotos o más de cada una.',
    'calibration.warning.stand_ins':
      'No se conocen fotos de desconocidos, así que cada persona hizo de desconocida, buscada entre las demás. «rostro calibrate --strangers CARPETA --apply» toma fotos reales.',
    'calibration.warning.many_rejected':
      'Con este umbral muchas personas registradas no reciben su nombre: ayudan más o mejores fotos de ellas, o un clasificador entrenado (MATCHER=svm).',
  },
};
