/** Something that tells, or will tell, of people by their names. */
export interface KeepsNames {
  /** From now on it has no other names than those of the people who are enrolled. */
  keepNames(isEnrolled: (name: string) => boolean): Promise<void> | void;
}
