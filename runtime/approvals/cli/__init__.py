"""Parts of the command line: options that commands share, and groups of commands. Nothing heavy is imported here."""
