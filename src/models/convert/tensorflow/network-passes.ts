import { channelsOf, compose, type Operation, operationsOf, rewriteNetwork, valueName } from './network.js';

/**
 * Folds a scale and shift (batch normalisation, bias, residual scale) into the weights of the preceding convolution or
 * fully connected layer, if nothing else uses that layer's output.
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

/**
 * Moves a scale and shift before reshapes that keep the channels: the values are the same, and it then follows the
 * layer that it can be folded into. FaceNet's bottleneck is reshaped to an image of one pixel for `FusedBatchNorm`, and
 * back.
 */
export function hoistScaleShift(output: Operation): Operation {
  return rewriteNetwork(output, (operation) => {
    if (operation.kind !== 'scale-shift') return operation;
    const channels = channelsOf(operation);
    let [source] = operation.inputs;
    while (source.kind === 'reshape' && channelsOf(source.inputs[0]) === channels) [source] = source.inputs;
    if (source === operation.inputs[0]) return operation;
    const hoisted: Operation = {
      ...operation,
      name: valueName(operation.name, 'hoisted'),
      inputs: [source],
      dims: source.dims,
    };
    return { kind: 'reshape', name: operation.name, inputs: [hoisted], dims: operation.dims };
  });
}

/** Merges consecutive reshapes and removes those without effect. */
export function mergeReshapes(output: Operation): Operation {
  return rewriteNetwork(output, (operation) => {
    if (operation.kind !== 'reshape') return operation;
    const [input] = operation.inputs;
    const source = input.kind === 'reshape' ? input.inputs[0] : input;
    const same =
      source.dims.length === operation.dims.length && source.dims.every((dim, i) => dim === operation.dims[i]);
    return same ? source : { ...operation, inputs: [source] };
  });
}
