"""Effects, done: each looks once more before it makes something that would be doubled."""
