// Skills: what an agent's card says that it can do.
//
//   K1. Cards come from agents: whatever is no text is left out, and no card fills the page or the memory of a browser.

export interface Skill {
  id: string;
  name: string;
  description: string | null;
  tags: readonly string[];
}

const SKILLS = 100;
const TAGS = 12;
const NAME_CHARS = 120;
const DESCRIPTION_CHARS = 600;

/** Total: rubbish is no skill. A description that only repeats the name is none. */
export function readSkills(card: unknown): readonly Skill[] {
  const given = fieldsOf(card).skills;
  if (!Array.isArray(given)) return [];
  const skills = given.slice(0, SKILLS).map(readSkill);
  const byId = new Map(skills.filter((skill) => skill !== null).map((skill) => [skill.id, skill]));
  return [...byId.values()];
}

function readSkill(given: unknown): Skill | null {
  if (typeof given === 'string') return readSkill({ id: given, name: given });
  const { id, name, description, tags } = fieldsOf(given);
  const shown = textOf(name, NAME_CHARS) ?? textOf(id, NAME_CHARS);
  if (shown === null) return null;
  const said = textOf(description, DESCRIPTION_CHARS);
  return {
    id: textOf(id, NAME_CHARS) ?? shown,
    name: shown,
    description: said === shown ? null : said,
    tags: [...new Set(tagsOf(tags))],
  };
}

function tagsOf(given: unknown): string[] {
  if (!Array.isArray(given)) return [];
  return given
    .slice(0, TAGS)
    .map((tag) => textOf(tag, NAME_CHARS))
    .filter((tag) => tag !== null);
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown, chars: number): string | null {
  const text = typeof value === 'string' ? value.trim().slice(0, chars) : '';
  return text === '' ? null : text;
}
