/** The key of a command: the same again gives the first answer and no second effect. */
export const newCommandId = (): string => crypto.randomUUID();
