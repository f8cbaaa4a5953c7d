"""The vault on disk: the home of LMDB."""
