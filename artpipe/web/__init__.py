"""The page in a browser: a second face beside the command line."""
