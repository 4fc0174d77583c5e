#include "kernelspec.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buffer.h"
#include "embedded.h"
#include "module_path.h"

#define KERNEL_NAME "lua-5.4"

/* Prints the sentence, and is false. */
static bool complain(const char *subject, const char *problem)
{
    fprintf(stderr, "lua-kernel install: %s: %s\n", subject, problem);
    return false;
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The user's own Jupyter folder, as jupyter_core finds it. */
static bool user_folder(struct buffer *folder)
{
    const char *jupyter = variable("JUPYTER_DATA_DIR");
    const char *data = variable("XDG_DATA_HOME");
    const char *home = variable("HOME");
    if (jupyter != NULL) {
        buffer_text(folder, jupyter);
    } else if (data != NULL) {
        buffer_format(folder, "%s/jupyter", data);
    } else if (home != NULL) {
        buffer_format(folder, "%s/.local/share/jupyter", home);
    } else {
        return complain("--user", "there is no home folder: HOME is not set");
    }
    return true;
}

static bool environment_folder(struct buffer *folder)
{
    const char *prefix = variable("VIRTUAL_ENV");
    prefix = prefix != NULL ? prefix : variable("CONDA_PREFIX");
    if (prefix == NULL) {
        return complain("--sys-prefix", "no virtual environment is active (neither VIRTUAL_ENV "
                                        "nor CONDA_PREFIX is set)");
    }
    buffer_format(folder, "%s/share/jupyter", prefix);
    return true;
}

/* The Jupyter folder that the options name; without options the system's. */
static bool choose_folder(int count, char **arguments, struct buffer *folder)
{
    for (int i = 0; i < count; i++) {
        bool chosen;
        if (folder->length > 0) {
            return complain(arguments[i], "one place is enough");
        }
        if (strcmp(arguments[i], "--user") == 0) {
            chosen = user_folder(folder);
        } else if (strcmp(arguments[i], "--sys-prefix") == 0) {
            chosen = environment_folder(folder);
        } else if (strcmp(arguments[i], "--prefix") == 0) {
            if (++i == count || arguments[i][0] == '\0') {
                return complain("--prefix", "a folder must follow");
            }
            buffer_format(folder, "%s/share/jupyter", arguments[i]);
            chosen = true;
        } else {
            return complain(arguments[i],
                            "not known (--user, --prefix FOLDER and --sys-prefix are)");
        }
        if (!chosen) {
            return false;
        }
    }
    if (folder->length == 0) {
        buffer_text(folder, "/usr/local/share/jupyter");
    }
    return true;
}

static bool make_folders(char *path)
{
    for (char *end = path + 1;; end++) {
        if (*end == '/' || *end == '\0') {
            char kept = *end;
            *end = '\0';
            if (mkdir(path, 0777) != 0 && errno != EEXIST) {
                return complain(path, strerror(errno));
            }
            *end = kept;
            if (kept == '\0') {
                return true;
            }
        }
    }
}

static bool write_all(int file, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return true;
}

/* Writes beside the file and renames, so that nobody ever finds half a file. */
static bool write_file(const char *folder, const char *name, const char *bytes, size_t length)
{
    struct buffer path = {0};
    buffer_format(&path, "%s/%s", folder, name);
    char *target = buffer_take(&path);
    buffer_format(&path, "%s/.%s-XXXXXX", folder, name);
    char *temporary = buffer_take(&path);
    mode_t mask = umask(0);
    umask(mask);
    int file = mkstemp(temporary);
    bool done = file >= 0 && write_all(file, bytes, length) && fchmod(file, 0666 & ~mask) == 0;
    int problem = errno;
    if (file >= 0 && close(file) != 0 && done) {
        done = false;
        problem = errno;
    }
    if (done && rename(temporary, target) != 0) {
        done = false;
        problem = errno;
    }
    if (!done) {
        complain(target, strerror(problem));
        if (file >= 0) {
            unlink(temporary);
        }
    }
    free(temporary);
    free(target);
    return done;
}

/* kernel.json's text with this program's path in it, to be freed. */
static char *kernel_json(const struct embedded *template)
{
    char *program = program_path();
    json_t *path = program != NULL ? json_string(program) : NULL;
    char *text = NULL;
    if (path != NULL) {
        json_t *spec = json_loadb((const char *)template->text, template->length, 0, NULL);
        json_array_set_new(json_object_get(spec, "argv"), 0, path);
        text = json_dumps(spec, JSON_INDENT(2));
        json_decref(spec);
    } else {
        complain(program != NULL ? program : "lua-kernel",
                 "the program's path is not known, or no UTF-8");
    }
    free(program);
    return text;
}

static bool write_kernelspec(const char *folder)
{
    bool done = true;
    for (const struct embedded *file = kernelspec_files; done && file->name != NULL; file++) {
        if (strcmp(file->name, "kernel.json") == 0) {
            char *text = kernel_json(file);
            done = text != NULL && write_file(folder, file->name, text, strlen(text));
            free(text);
        } else {
            done = write_file(folder, file->name, (const char *)file->text, file->length);
        }
    }
    return done;
}

int kernelspec_install(int count, char **arguments)
{
    struct buffer path = {0};
    bool done = choose_folder(count, arguments, &path);
    if (done) {
        buffer_text(&path, "/kernels/" KERNEL_NAME);
        char *folder = buffer_take(&path);
        done = make_folders(folder) && write_kernelspec(folder);
        if (done) {
            printf("installed the kernelspec " KERNEL_NAME " in %s\n", folder);
        }
        free(folder);
    }
    buffer_free(&path);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
