/**
 * The field separator for all output of Slurm: a control character that names do not contain. Slurm's examples use `|`,
 * but the name of an account can contain it.
 */
export const separator = '\u001f';
