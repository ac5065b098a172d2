import { channelsOf, rewriteNetwork, valueName, type Operation } from '../network.js';

/**
 * Moves a scale and shift in front of the reshapes that keep the channels: the values are the same, and the step now
 * stands next to the layer that it can be folded into. FaceNet's bottleneck is reshaped to an image of one pixel for
 * the sake of `FusedBatchNorm`, and back.
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
