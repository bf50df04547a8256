// Skills tab: what a role says that it can do.

import { say } from '../../languages/say.ts';
import { Empty } from '../../ui/empty.tsx';
import type { Role } from '../workspaces/model.ts';
import type { Skill } from './model.ts';

export default function SkillsTab({ role }: { role: Role }) {
  if (role.skills.length === 0) {
    return (
      <Empty icon="info" title={say('skills.none')}>
        {role.lastHeartbeatAt === null ? say('skills.notRegistered') : say('skills.howToAdd')}
      </Empty>
    );
  }
  return (
    <section
      className="min-h-0 flex-1 overflow-y-auto px-5 py-4"
      aria-label={say('skills.ofRole', { role: role.name })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
    >
      <p className="mt-0 mb-3 text-note text-ink-soft">{say('skills.asTheCardSays')}</p>
      <ul className="m-0 flex list-none flex-col gap-2 p-0">
        {role.skills.map((skill) => (
          <SkillCard key={skill.id} skill={skill} />
        ))}
      </ul>
    </section>
  );
}

function SkillCard({ skill }: { skill: Skill }) {
  return (
    <li className="rounded-m border border-line bg-raised px-3.5 py-3">
      <h3 className="m-0 text-body font-semibold break-words">{skill.name}</h3>
      {skill.description === null ? null : (
        <p className="mt-1 mb-0 break-words whitespace-pre-wrap">{skill.description}</p>
      )}
      {skill.tags.length === 0 ? null : (
        <p className="mt-2 mb-0 text-note break-words text-ink-soft">{skill.tags.join(' · ')}</p>
      )}
    </li>
  );
}
