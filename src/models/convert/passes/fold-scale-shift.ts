import { compose, operationsOf, rewriteNetwork, type Operation } from '../network.js';

/**
 * Folds a scale and shift (batch normalisation, a bias, a residual's factor) into the weights of the convolution or
 * fully connected layer that feeds it. Only where nothing else looks at that layer's own result.
 */
export function foldScaleShift(output: Operation): Operation {
  const users = countUsers(output);
  return rewriteNetwork(output, (operation) => {
    if (operation.kind !== 'scale-shift') return operation;
    const [source] = operation.inputs;
    if (source.kind !== 'linear' || users.get(source.name) !== 1) return operation;
    return { ...source, name: operation.name, affine: compose(source.affine, operation.affine) };
  });
}

function countUsers(output: Operation): Map<string, number> {
  const users = new Map<string, number>();
  for (const { inputs } of operationsOf(output)) {
    for (const { name } of inputs) users.set(name, (users.get(name) ?? 0) + 1);
  }
  return users;
}
