#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/internal.h"
#include "store/images.h"

/* The images that a prompt names: checked, in the queue, in its message, and for its agent. */

enum mu_code images_check(struct mu_runner *r, const struct sess *s, const struct mu_list *ids,
                          char why[256])
{
    const struct mu_agent *agent = mu_agent_find(s->s.row.agent);
    const char *const *items = ids->items;
    if (ids->count > MU_LIMIT_IMAGES_PER_PROMPT) {
        snprintf(why, 256, "A prompt has at most %d images.", MU_LIMIT_IMAGES_PER_PROMPT);
        return MU_CODE_INVALID_FIELD;
    }
    if (ids->count && agent && !agent->dialect->takes_images) {
        snprintf(why, 256,
                 "The agent \"%.60s\" takes no images. Send the prompt without them, or give it to "
                 "another agent.",
                 s->s.row.agent);
        return MU_CODE_INVALID_FIELD;
    }
    for (size_t i = 0; i < ids->count; i++) {
        struct mu_rec_image *image = images_find(r, items[i]);
        if (!image) {
            snprintf(why, 256,
                     "There is no image \"%.64s\". Upload it again: one that no message names is "
                     "kept for a day.",
                     items[i]);
            return MU_CODE_INVALID_FIELD;
        }
        mu_rec_free(&mu_image_desc, image);
    }
    return MU_CODE_OK;
}

char *images_ids(const struct mu_list *ids)
{
    const char *const *items = ids->items;
    struct mu_buf json = {0};
    if (ids->count == 0)
        return NULL;
    for (size_t i = 0; i < ids->count; i++) {
        mu_buf_char(&json, i ? ',' : '[');
        mu_buf_json(&json, items[i]);
    }
    mu_buf_char(&json, ']');
    return mu_buf_take(&json);
}

char *images_metadata(struct mu_runner *r, const struct mu_list *ids, bool queued)
{
    const char *const *items = ids->items;
    if (ids->count == 0)
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < ids->count; i++) {
        struct mu_rec_image *image = images_find(r, items[i]);
        if (image)
            json_array_append_new(list, json_pack("{s:s, s:s, s:I}", "id", image->id, "type",
                                                  image->type, "bytes", (json_int_t)image->bytes));
        mu_rec_free(&mu_image_desc, image);
    }
    json_t *meta = json_pack("{s:o}", "images", list);
    if (queued)
        json_object_set_new(meta, "queued", json_true());
    char *text = json_dumps(meta, JSON_COMPACT);
    json_decref(meta);
    return text;
}

void images_use(struct mu_runner *r, const struct mu_rec_message *m)
{
    size_t i;
    json_t *image, *meta = json_loads(m->metadata, JSON_ALLOW_NUL, NULL);
    json_array_foreach(json_object_get(meta, "images"), i, image)
    {
        const char *id = json_string_value(json_object_get(image, "id"));
        if (id)
            runner_note(r, mu_store_use_image(r->store, m->id, id));
    }
    json_decref(meta);
}

struct mu_agent_image *images_of(struct mu_runner *r, const char *metadata, size_t *count)
{
    size_t i;
    json_t *image, *meta = metadata ? json_loads(metadata, JSON_ALLOW_NUL, NULL) : NULL;
    json_t *list = json_object_get(meta, "images");
    size_t n = json_array_size(list);
    struct mu_agent_image *images = mu_alloc((n + 1) * sizeof *images);
    *count = 0;
    json_array_foreach(list, i, image)
    {
        const char *id = json_string_value(json_object_get(image, "id"));
        const char *type = json_string_value(json_object_get(image, "type"));
        if (id && type && mu_image_id_valid(id))
            images[(*count)++] =
                (struct mu_agent_image){mu_asprintf("%s/%s", r->images_dir, id), mu_strdup(type)};
    }
    json_decref(meta);
    return images;
}

void images_free(struct mu_agent_image *images, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free((char *)images[i].path);
        free((char *)images[i].type);
    }
    free(images);
}
