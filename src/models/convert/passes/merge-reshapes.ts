import { rewriteNetwork, type Operation } from '../network.js';

/** Two reshapes in a row are one, and one that changes nothing is none. */
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
