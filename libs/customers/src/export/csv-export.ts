import { guard } from '../csv-guard.js';
import { csvLines } from '../csv-lines.js';
import type { ExportRecord } from '../customer.repository.js';
import { CSV_FIELDS, nameOfMetadata, type CsvField } from '../import/csv-header.js';

const CELLS: Record<CsvField, (customer: ExportRecord) => string | undefined> = {
  email: ({ email }) => email,
  full_name: ({ fullName }) => fullName,
  phone: ({ phone }) => phone,
  company: ({ company }) => company,
  position: ({ position }) => position,
  address: ({ address }) => address,
  city: ({ city }) => city,
  country: ({ country }) => country,
  language: ({ language }) => language,
  tags: ({ tags }) => tags.join(';'),
};

/** The columns of an import, then one for each key of the customers' own data; cells that would begin a formula are guarded. */
export async function* customersCsv(
  metadataKeys: readonly string[],
  batches: AsyncIterable<readonly ExportRecord[]>,
): AsyncGenerator<string, void> {
  const readers = CSV_FIELDS.map((field) => CELLS[field]);
  yield csvLines([[...CSV_FIELDS, ...metadataKeys.map(nameOfMetadata)].map(guard)], { isFirst: true });
  for await (const customers of batches) {
    yield csvLines(
      customers.map((customer) => [
        ...readers.map((read) => guard(read(customer) ?? '')),
        ...metadataKeys.map((key) => guard(customer.metadata[key] ?? '')),
      ]),
    );
  }
}
