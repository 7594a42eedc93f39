import { Double, Int32, Long } from 'mongodb';
import { classOf, isNaNValue, toNumber, typeName } from './oracle-order.fixture-spec.js';
import { Refusal, Undecided } from './oracle-refusal.fixture-spec.js';

/** What `$inc` and `$mul` make of a field that is there: int, long or double, as wide as its operands and its size ask. */
export function arithmetic(current: unknown, operand: unknown, multiply: boolean): unknown {
  const types = [typeName(current), typeName(operand)];
  if (classOf(current) !== 'number' || current === undefined) throw new Refusal([14]);
  if (types.includes('decimal')) throw new Undecided();
  if (types.includes('double')) {
    const [a, b] = [toNumber(current), toNumber(operand)];
    const value = new Double(multiply ? a * b : a + b);
    // Whether NaN or a zero of the other sign is a change is not in the manual.
    if (isNaNValue(value) || value.value === 0) throw new Undecided();
    return value;
  }
  const [a = 0n, b = 0n] = [current, operand].map((each) => BigInt((each as Int32 | Long).toString()));
  const result = multiply ? a * b : a + b;
  if (BigInt.asIntN(64, result) !== result) throw new Refusal([2]);
  const isInt = !types.includes('long') && BigInt.asIntN(32, result) === result;
  return isInt ? new Int32(Number(result)) : Long.fromBigInt(result);
}

/** What `$mul` puts where there is no field: zero in the type of its operand. */
export function zeroOf(operand: unknown): unknown {
  if (typeName(operand) === 'decimal') throw new Undecided();
  if (typeName(operand) === 'long') return Long.ZERO;
  if (typeName(operand) === 'int') return new Int32(0);
  // A negative or infinite factor gives -0 or NaN.
  if (!(toNumber(operand) > 0 && Number.isFinite(toNumber(operand)))) throw new Undecided();
  return new Double(0);
}
