// Config form: the settings that an agent reads, field by field. Every change is a change of the text.

import { useId } from 'react';
import { say } from '../../languages/say.ts';
import { type FieldValue, readField, writeField } from './model.ts';
import { type Field, SECTIONS } from './schema.ts';

interface ConfigFormProps {
  text: string;
  onChange: (text: string) => void;
}

export function ConfigForm({ text, onChange }: ConfigFormProps) {
  return (
    <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">
      {SECTIONS.map((section) => (
        <fieldset key={section.title} className="m-0 mb-6 border-0 p-0">
          <legend className="mb-2 p-0 font-semibold">{say(section.title)}</legend>
          <div className="grid grid-cols-[10rem_1fr] gap-x-4 gap-y-3 max-[720px]:grid-cols-1">
            {section.fields.map((field) => (
              <FormField
                key={field.path.join('.')}
                field={field}
                value={readField(text, field)}
                onChange={(value) => onChange(writeField(text, field, value))}
              />
            ))}
          </div>
        </fieldset>
      ))}
    </div>
  );
}

interface FormFieldProps {
  field: Field;
  value: FieldValue;
  onChange: (value: FieldValue) => void;
}

const BOX = 'w-full rounded-s border border-line-strong bg-surface px-2.5 outline-offset-0';

function FormField({ field, value, onChange }: FormFieldProps) {
  const id = useId();
  const shared = { id, 'aria-describedby': `${id}-hint` };
  const text = typeof value === 'string' ? value : value.join('\n');
  return (
    <>
      <label htmlFor={id} className="pt-1.5">
        {say(field.label)}
      </label>
      <div className="min-w-0">
        {field.kind === 'choice' ? (
          <select
            {...shared}
            value={text}
            onChange={(event) => onChange(event.target.value)}
            className={`h-9 ${BOX}`}
          >
            <option value="">{say('config.notSaid')}</option>
            {text !== '' && !field.options.includes(text) ? <option value={text}>{text}</option> : null}
            {field.options.map((option) => (
              <option key={option} value={option}>
                {option}
              </option>
            ))}
          </select>
        ) : field.kind === 'long' || field.kind === 'lines' ? (
          <textarea
            {...shared}
            key={field.kind}
            rows={field.kind === 'long' ? 2 : 1}
            value={text}
            spellCheck={field.kind === 'long'}
            onChange={({ target }) => onChange(field.kind === 'lines' ? linesOf(target.value) : target.value)}
            className={`field-sizing-content max-h-60 min-h-9 resize-none py-1.5 ${BOX}`}
          />
        ) : (
          <input
            {...shared}
            inputMode={field.kind === 'number' ? 'numeric' : 'text'}
            value={text}
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => onChange(event.target.value)}
            className={`h-9 ${BOX}`}
          />
        )}
        <p id={`${id}-hint`} className="mt-1 mb-0 text-note text-ink-soft">
          {say(field.hint)}
        </p>
      </div>
    </>
  );
}

/** An empty last line stays while somebody is about to write it. */
function linesOf(text: string): string[] {
  const lines = text.split('\n');
  return text === '' ? [] : lines.filter((line, i) => line !== '' || i === lines.length - 1);
}
