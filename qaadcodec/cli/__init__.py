"""The `qaad` command: one module per subcommand; `main.run` is where it starts and where errors become messages."""
