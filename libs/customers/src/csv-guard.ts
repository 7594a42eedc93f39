const FORMULA = /^'*[=+\-@\t]/;
const GUARDED = /^'+[=+\-@\t]/;

/** A cell that no spreadsheet runs as a formula: an apostrophe before what would begin one, or looks guarded already. */
export const guard = (cell: string): string => (FORMULA.test(cell) ? `'${cell}` : cell);

/** What {@link guard} was given. */
export const unguard = (cell: string): string => (GUARDED.test(cell) ? cell.slice(1) : cell);
