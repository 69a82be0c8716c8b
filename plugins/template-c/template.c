/* template.c - a template for plugins in C that bring their own data set: the high tides of a harbour.
 *
 *     cc -std=c99 -O2 -fPIC -shared -fvisibility=hidden -I../../crates/finvista-plugin/include -o libtemplate.so template.c
 *
 * Change what is marked CHANGE. README.md says more.
 */
#include <stdlib.h>
#include <string.h>

#include "finvista_plugin.h"

/* CHANGE: the data set. Columns, units and docs are what users see; the checks are what every table must satisfy. */
static const char MANIFEST[] =
    "{\"name\":\"template_c\",\"title\":\"A harbour master\",\"version\":\"1.0.0\",\"datasets\":[{"
    "\"id\":\"template_tides\",\"priority\":0,\"title\":\"High tides of a harbour\",\"shape\":\"free\","
    "\"params\":[{\"name\":\"port\",\"required\":true,\"doc\":\"the harbour\"}],"
    "\"columns\":["
    "{\"name\":\"time\",\"type\":\"time\",\"zone\":\"Asia/Shanghai\",\"doc\":\"When the water is highest.\"},"
    "{\"name\":\"height\",\"type\":\"float\",\"unit\":\"m\",\"doc\":\"The height above chart datum.\"},"
    "{\"name\":\"moon\",\"type\":\"text\",\"nullable\":true,\"doc\":\"The phase of the moon, where it is a principal one.\"}],"
    "\"key\":[\"time\"],\"keep\":{\"for\":3600},\"checks\":[\"key\",{\"positive\":\"height\"}],"
    "\"example\":{\"port\":\"Ningbo\"}}]}";

/* The columns again, as Arrow has them: name, format, and whether a value may be absent. */
enum { TIME, HEIGHT, MOON, COLUMNS };
static const struct {
  const char *name, *format;
  int64_t flags;
} COLUMN[COLUMNS] = {
    {"time", "tsm:Asia/Shanghai", 0},
    {"height", "g", 0},
    {"moon", "u", ARROW_FLAG_NULLABLE},
};

/* CHANGE: where the rows come from. One that reads a file or asks a server here declares "blocking": true in the manifest. */
typedef struct Tide {
  int64_t time; /* milliseconds since 1970 in UTC */
  double height;
  const char *moon; /* NULL: absent */
} Tide;

static const Tide NINGBO[] = {
    {1719453600000, 3.1, "last quarter"}, /* 2024-06-27 10:00 in China */
    {1719498000000, 2.8, NULL},
    {1719542400000, 3.4, NULL},
};

/* What to answer: rows, or none and an error. */
typedef struct Answer {
  const Tide *tides;
  size_t n;
  int32_t code;
  const char *why;
} Answer;

/* The parameters are flat JSON without escapes in this data set, so looking for the text is enough. A plugin answers parameters and
 * values that it does not know with FV_UNSUPPORTED (R10). */
static Answer look_up(const char *json) {
  if (!strstr(json, "\"dataset\":\"template_tides\"")) return (Answer){NULL, 0, FV_UNSUPPORTED, "no such data set"};
  if (strstr(json, "\"query\":{\"port\":\"Ningbo\"}")) return (Answer){NINGBO, sizeof NINGBO / sizeof *NINGBO, FV_OK, ""};
  return (Answer){NULL, 0, FV_NOT_FOUND, "no such harbour"};
}

/* ---- The table: every array and schema owns its memory until its release ---------------------------------------------------- */

static void release_array(struct ArrowArray *array) {
  for (int64_t i = 0; i < array->n_children; i++) {
    if (array->children[i]->release) array->children[i]->release(array->children[i]);
    free(array->children[i]);
  }
  for (int64_t i = 0; i < array->n_buffers; i++) free((void *)array->buffers[i]);
  free(array->children);
  free(array->buffers);
  array->release = NULL;
}

/* An array of these buffers, which it takes over. Without a validity buffer every value is there. */
static void make_array(struct ArrowArray *array, size_t rows, int64_t nulls, int64_t n_buffers, void *validity, void *values,
                       void *bytes) {
  memset(array, 0, sizeof *array);
  array->length = (int64_t)rows;
  array->null_count = nulls;
  array->n_buffers = n_buffers;
  array->buffers = calloc(3, sizeof *array->buffers);
  array->buffers[0] = validity, array->buffers[1] = values, array->buffers[2] = bytes;
  array->release = release_array;
}

static void make_batch(struct ArrowArray *batch, const Tide *tides, size_t n) {
  int64_t *times = calloc(n, sizeof *times), nulls = 0;
  double *heights = calloc(n, sizeof *heights);
  int32_t *offsets = calloc(n + 1, sizeof *offsets);
  uint8_t *valid = calloc(n / 8 + 1, 1);
  size_t length = 0;
  for (size_t i = 0; i < n; i++) length += tides[i].moon ? strlen(tides[i].moon) : 0;
  char *texts = malloc(length + 1);
  for (size_t i = 0; i < n; i++) {
    const size_t width = tides[i].moon ? strlen(tides[i].moon) : 0;
    times[i] = tides[i].time;
    heights[i] = tides[i].height;
    if (tides[i].moon) memcpy(texts + offsets[i], tides[i].moon, width), valid[i / 8] |= (uint8_t)(1u << (i % 8));
    else nulls++;
    offsets[i + 1] = offsets[i] + (int32_t)width;
  }
  make_array(batch, n, 0, 1, NULL, NULL, NULL);
  batch->n_children = COLUMNS;
  batch->children = calloc(COLUMNS, sizeof *batch->children);
  for (int c = 0; c < COLUMNS; c++) batch->children[c] = calloc(1, sizeof **batch->children);
  make_array(batch->children[TIME], n, 0, 2, NULL, times, NULL);
  make_array(batch->children[HEIGHT], n, 0, 2, NULL, heights, NULL);
  make_array(batch->children[MOON], n, nulls, 3, valid, offsets, texts);
}

static void release_schema(struct ArrowSchema *schema) {
  for (int64_t i = 0; i < schema->n_children; i++) {
    if (schema->children[i]->release) schema->children[i]->release(schema->children[i]);
    free(schema->children[i]);
  }
  free(schema->children);
  schema->release = NULL;
}

static void make_schema(struct ArrowSchema *schema, const char *format, const char *name, int64_t flags) {
  memset(schema, 0, sizeof *schema);
  schema->format = format, schema->name = name, schema->flags = flags;
  schema->release = release_schema;
}

/* A stream of one batch. What it hands over is in memory already (R6). */
typedef struct Batch {
  struct ArrowArray array;
  int handed_over;
} Batch;

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
  (void)stream;
  make_schema(out, "+s", "", 0);
  out->n_children = COLUMNS;
  out->children = calloc(COLUMNS, sizeof *out->children);
  for (int c = 0; c < COLUMNS; c++) {
    out->children[c] = calloc(1, sizeof **out->children);
    make_schema(out->children[c], COLUMN[c].format, COLUMN[c].name, COLUMN[c].flags);
  }
  return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
  Batch *batch = stream->private_data;
  memset(out, 0, sizeof *out); /* without a release: the end */
  if (!batch->handed_over) *out = batch->array;
  batch->handed_over = 1;
  return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream) {
  (void)stream;
  return NULL;
}

static void release_stream(struct ArrowArrayStream *stream) {
  Batch *batch = stream->private_data;
  if (!batch->handed_over) release_array(&batch->array);
  free(batch);
  stream->release = NULL;
}

/* ---- The plugin --------------------------------------------------------------------------------------------------------------- */

static int32_t create(FvStr config_json, void **instance, FvErrorSink sink) {
  (void)config_json, (void)sink;
  *instance = NULL; /* CHANGE: what a configuration is made into; destroy() frees it */
  return FV_OK;
}

static void destroy(void *instance) { (void)instance; }

static void *fetch(void *instance, const FvRequest *request, FvCompletion completion) {
  (void)instance;
  char *json = calloc(request->json.len + 1, 1);
  memcpy(json, request->json.ptr, request->json.len);
  const Answer answer = look_up(json);
  free(json);
  if (answer.code != FV_OK) {
    FvError error = {sizeof error, answer.code, -1, 0, 0, {answer.why, strlen(answer.why)}};
    FvResult result = {sizeof result, 0, &error, NULL};
    completion.done(completion.ctx, &result);
    return NULL;
  }
  Batch *batch = calloc(1, sizeof *batch);
  make_batch(&batch->array, answer.tides, answer.n);
  struct ArrowArrayStream stream = {get_schema, get_next, get_last_error, release_stream, batch};
  FvResult result = {sizeof result, 0, NULL, &stream};
  completion.done(completion.ctx, &result);
  if (stream.release) stream.release(&stream); /* the host has not taken it */
  return NULL; /* done() was called: there is nothing to cancel */
}

static void cancel(void *call) { (void)call; }
static void release_call(void *call) { (void)call; }

static const FvPluginV1 PLUGIN = {
    sizeof(FvPluginV1), FV_ABI_VERSION, {MANIFEST, sizeof MANIFEST - 1}, create, destroy, fetch, cancel, release_call, NULL, NULL,
};

FV_EXPORT const FvPluginV1 *finvista_plugin_v1(const FvHost *host) {
  (void)host;
  return &PLUGIN;
}
