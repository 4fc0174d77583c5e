-- The module `jupyter`: what a notebook may ask of the front-end. display, update_display,
-- clear_output and input are the kernel's and come from its C side.

local jupyter = {_NAME = "jupyter"}

-- A value that shows itself as one mime type, beside a text for where that is not understood.
local Shown = {}
Shown.__index = Shown
Shown.__name = "jupyter.Shown"

function Shown:__mimebundle()
  return self.bundle, self.metadata
end

function Shown:__tostring()
  return self.bundle["text/plain"]
end

local function shown(mime, data, text)
  return setmetatable({bundle = {[mime] = data, ["text/plain"] = text}}, Shown)
end

-- Makes the function jupyter.NAME(text) for a mime type whose source is a text.
local function text_type(mime, name)
  return function(source)
    if type(source) ~= "string" then
      error(("jupyter.%s takes a string, not %s"):format(name, type(source)), 2)
    end
    return shown(mime, source, source)
  end
end

local function image_type(mime, name)
  return function(bytes)
    if type(bytes) ~= "string" then
      error(("jupyter.%s takes the image's bytes as a string, not %s"):format(name, type(bytes)), 2)
    end
    return shown(mime, bytes, ("<%s of %d bytes>"):format(mime, #bytes))
  end
end

jupyter.html = text_type("text/html", "html")
jupyter.markdown = text_type("text/markdown", "markdown")
jupyter.latex = text_type("text/latex", "latex")
jupyter.svg = text_type("image/svg+xml", "svg")
jupyter.png = image_type("image/png", "png")
jupyter.jpeg = image_type("image/jpeg", "jpeg")

-- Any value as JSON, which front-ends show as a tree.
function jupyter.json(value)
  return shown("application/json", value, require("jupyter.render").text(value))
end

jupyter.comm = require("jupyter.comm")

return jupyter
