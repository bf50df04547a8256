// Word lists: the English phrases that the wording operations look for. Lower case.

export const WORDY_PHRASES: ReadonlyMap<string, string> = new Map([
  ['a large number of', 'many'],
  ['a majority of', 'most'],
  ['as a result of the fact that', 'because'],
  ['at the present time', 'now'],
  ['at this point in time', 'now'],
  ['by means of', 'by'],
  ['despite the fact that', 'although'],
  ['due to the fact that', 'because'],
  ['during the course of', 'during'],
  ['for the purpose of', 'for'],
  ['has the ability to', 'can'],
  ['have the ability to', 'can'],
  ['in a timely manner', 'promptly'],
  ['in close proximity to', 'near'],
  ['in order to', 'to'],
  ['in spite of the fact that', 'although'],
  ['in the event that', 'if'],
  ['in the near future', 'soon'],
  ['is able to', 'can'],
  ['it is important to note that', 'leave it out'],
  ['on a regular basis', 'regularly'],
  ['prior to', 'before'],
  ['subsequent to', 'after'],
  ['until such time as', 'until'],
  ['utilise', 'use'],
  ['utilize', 'use'],
  ['with regard to', 'about'],
  ['with the exception of', 'except'],
]);

export const VAGUE_PHRASES: readonly string[] = [
  'experts agree',
  'experts say',
  'it has been said',
  'it is believed',
  'it is known',
  'it is thought',
  'it is widely known',
  'many experts',
  'many people believe',
  'many people say',
  'many residents say',
  'some people say',
  'some say',
  'sources say',
  'studies have shown',
  'studies show',
  'everyone knows',
];

export const IRREGULAR_PARTICIPLES: readonly string[] = (
  'beaten begun bought brought built caught chosen cut done drawn driven found given gone held hidden kept known laid ' +
  'led left lost made meant met paid put read ridden run said seen sent set shown shut sold spent spoken stolen struck ' +
  'taken taught thrown told torn understood won worn written'
).split(' ');

/** British, American. */
export const SPELLING_PAIRS: readonly (readonly [string, string])[] = (
  'analyse/analyze behaviour/behavior cancelled/canceled catalogue/catalog centre/center colour/color defence/defense ' +
  'favour/favor favourite/favorite fibre/fiber grey/gray harbour/harbor honour/honor labour/labor licence/license ' +
  'litre/liter metre/meter modelling/modeling neighbour/neighbor neighbourhood/neighborhood organisation/organization ' +
  'organise/organize organised/organized programme/program realise/realize recognise/recognize theatre/theater ' +
  'travelled/traveled travelling/traveling'
)
  .split(' ')
  .map((pair) => pair.split('/') as [string, string]);
