import type { Binary, Expr, ValueType } from './ast.ts';
import { functionSignature } from './signatures.ts';

/** What kind of value an expression gives. */
export function exprType(expr: Expr): ValueType {
  let at = expr;
  // Parentheses and signs change no type.
  while (at.kind === 'paren' || at.kind === 'unary') at = at.expr;
  switch (at.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'vectorSelector':
    case 'aggregate':
      return 'vector';
    case 'matrixSelector':
    case 'subquery':
      return 'matrix';
    case 'call':
      return functionSignature(at.func)?.returnType ?? 'none';
    case 'binary':
      return binaryType(at);
  }
}

/** The word for a type in messages to users. */
export function documentedType(type: ValueType): string {
  if (type === 'vector') return 'instant vector';
  return type === 'matrix' ? 'range vector' : type;
}

/** Types of binary expressions already asked for: without it, asking at every level of a chain takes quadratic time. */
const known = new WeakMap<Binary, ValueType>();

/** Scalar where both operands are, otherwise a vector. Follows left-deep chains in a loop. */
function binaryType(binary: Binary): ValueType {
  const chain: Binary[] = [];
  let at: Expr = binary;
  while (at.kind === 'binary' && !known.has(at)) {
    chain.push(at);
    at = at.left;
  }
  let type = at.kind === 'binary' ? known.get(at)! : exprType(at);
  for (const link of chain.reverse()) {
    type = type === 'scalar' && exprType(link.right) === 'scalar' ? 'scalar' : 'vector';
    known.set(link, type);
  }
  return type;
}
