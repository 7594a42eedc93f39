import type { PromptRecord } from '@app/ai';
import type { Customer } from '@app/customers';

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

/** Who the customer is, one `name: value` a line with the names of the wire; what is not known is left out. */
export function toProfileRecord(customer: Customer): PromptRecord {
  const { id, fullName, email, phone, company, position, address, city, country, language, tags, metadata } = customer;
  const fields: [name: string, value: string | null][] = [
    ['full_name', fullName],
    ['email', email],
    ['phone', phone],
    ['company', company],
    ['position', position],
    ['city', city],
    ['address', address],
    ['country', country],
    ['language', language],
    ['tags', tags.join(', ')],
    ...Object.entries(metadata).map(([key, value]): [string, string] => [`metadata.${key}`, value]),
  ];
  const lines = fields.flatMap(([name, value]) => (value ? [`${oneLine(name)}: ${oneLine(value)}`] : []));
  return { kind: 'profile', id, at: null, text: lines.join('\n') };
}
