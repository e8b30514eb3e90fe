"""Reading foreign files without trusting them, and writing files so that none is ever half written."""
