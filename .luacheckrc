std = "lua54"
max_line_length = 120
exclude_files = {"build*/", "tests/oracle/expected/", "lua/autograd/library/"}
files["tests/lua"] = {std = "lua54+busted"}
files["notebooks"] = {globals = {"jupyter"}}
files["kernel/lua/standard_library.lua"] = {max_line_length = false} -- a row a function
