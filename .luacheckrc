std = "lua54"
max_line_length = 100
exclude_files = {"build*/", "tests/oracle/expected/"}
files["tests/lua"] = {std = "lua54+busted", max_line_length = 120} -- sentences of torch's
files["notebooks"] = {globals = {"jupyter"}}
