/**
 * What stands between the fields of all that Slurm is asked for: nobody can type it into a name. `|`, which Slurm's own
 * examples use, may be in the name of an account.
 */
export const separator = '\u001f';
