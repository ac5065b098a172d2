/**
 * Why something did not arrive: nothing was sent, because nobody was reached; no answer came, so that it may have arrived;
 * somebody answered that it went wrong; somebody answered that this will never be taken.
 */
export type FailureKind = 'unsent' | 'unanswered' | 'answered' | 'refused';

/** Its message is a sentence for people, without addresses, secrets or names. */
export class DeliveryFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DeliveryFailure';
  }
}

export function failureOf(error: unknown): DeliveryFailure {
  if (error instanceof DeliveryFailure) return error;
  return new DeliveryFailure('unanswered', 'It could not be sent.', { cause: error });
}
