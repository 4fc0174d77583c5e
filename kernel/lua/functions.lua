-- Signature, purpose and keywords of the functions of the module jupyter.

local shown = {"display_id", "metadata", "raw"}

return {
  ["jupyter.display"] = {"jupyter.display(value [, {display_id, metadata, raw}])",
    "Shows any value; with raw, value is the table from mime type to data itself.", shown},
  ["jupyter.update_display"] = {"jupyter.update_display(value, {display_id, metadata, raw})",
    "Shows a value in the place of what was displayed with that display_id.", shown},
  ["jupyter.clear_output"] = {"jupyter.clear_output([wait])",
    "Clears the cell's output; with wait, only when there is new output."},
  ["jupyter.input"] = {"jupyter.input([prompt [, {password}]])",
    "Asks the front-end for a line and returns it; with password it is not shown.", {"password"}},
  ["jupyter.html"] = {"jupyter.html(text)", "A value that shows itself as HTML."},
  ["jupyter.markdown"] = {"jupyter.markdown(text)", "A value that shows itself as Markdown."},
  ["jupyter.latex"] = {"jupyter.latex(text)", "A value that shows itself as LaTeX."},
  ["jupyter.svg"] = {"jupyter.svg(text)", "A value that shows itself as an SVG picture."},
  ["jupyter.png"] = {"jupyter.png(bytes)", "A value that shows itself as a PNG picture."},
  ["jupyter.jpeg"] = {"jupyter.jpeg(bytes)", "A value that shows itself as a JPEG picture."},
  ["jupyter.comm.open"] = {"jupyter.comm.open(target [, data])",
    "Opens a comm to a target of the front-end; it has send, close, on_msg and on_close."},
  ["jupyter.comm.register_target"] = {"jupyter.comm.register_target(name, callback)",
    "Calls callback(comm, data) when a front-end opens a comm to this target; nil takes it away."},
  ["jupyter.json"] = {"jupyter.json(value)", "A value that front-ends show as a tree."},
}
