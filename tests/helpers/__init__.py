"""What tests write and read back: files of every format, made-up people, results."""
