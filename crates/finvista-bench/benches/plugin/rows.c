/* rows.c - the rows as a plugin in C. The values are made once and live until the process ends, so a fetch only hands them over. */
#include <stdlib.h>
#include <string.h>

#include "finvista_plugin.h"

static const char MANIFEST[] =
    "{\"name\":\"bench-c\",\"version\":\"1.0.0\",\"datasets\":[{\"id\":\"bench_rows\",\"priority\":0,"
    "\"title\":\"A number of rows\",\"shape\":\"free\",\"key\":[\"number\"],\"params\":[{\"name\":\"rows\",\"required\":true,\"doc\":\"5 or 1000000\"}],\"columns\":["
    "{\"name\":\"number\",\"type\":\"int\",\"nullable\":false,\"unit\":\"\",\"doc\":\"Its number.\"},"
    "{\"name\":\"half\",\"type\":\"float\",\"nullable\":false,\"unit\":\"\",\"doc\":\"Half of it.\"}]}]}";

enum { MOST = 1000000 };
static int64_t numbers[MOST];
static double halves[MOST];

/* A table in transit: one allocation, which the batch frees. */
typedef struct Table {
  struct ArrowArray column[2], *children[2];
  const void *buffers[2][2], *none[1];
  int64_t rows;
  int handed_over;
} Table;

static void release_column(struct ArrowArray *column) { column->release = NULL; }

static void release_batch(struct ArrowArray *batch) {
  free(batch->private_data);
  batch->release = NULL;
}

static void release_schema(struct ArrowSchema *schema) {
  if (schema->private_data) free(schema->private_data);
  schema->release = NULL;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
  (void)stream;
  static const char *const formats[2] = {"l", "g"}, *const names[2] = {"number", "half"};
  struct Schemas {
    struct ArrowSchema column[2], *children[2];
  } *schemas = calloc(1, sizeof *schemas);
  for (int c = 0; c < 2; c++) {
    schemas->children[c] = &schemas->column[c];
    schemas->column[c].format = formats[c];
    schemas->column[c].name = names[c];
    schemas->column[c].release = release_schema;
  }
  memset(out, 0, sizeof *out);
  out->format = "+s";
  out->name = "";
  out->n_children = 2;
  out->children = schemas->children;
  out->release = release_schema;
  out->private_data = schemas;
  return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
  Table *table = stream->private_data;
  memset(out, 0, sizeof *out); /* without a release: the end */
  if (table->handed_over) return 0;
  table->handed_over = 1;
  for (int c = 0; c < 2; c++) {
    struct ArrowArray *column = table->children[c] = &table->column[c];
    table->buffers[c][1] = c == 0 ? (const void *)numbers : (const void *)halves;
    column->length = table->rows;
    column->n_buffers = 2;
    column->buffers = table->buffers[c];
    column->release = release_column;
  }
  out->length = table->rows;
  out->n_buffers = 1;
  out->buffers = table->none;
  out->n_children = 2;
  out->children = table->children;
  out->release = release_batch;
  out->private_data = table;
  return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream) {
  (void)stream;
  return NULL;
}

static void release_stream(struct ArrowArrayStream *stream) {
  Table *table = stream->private_data;
  if (!table->handed_over) free(table);
  stream->release = NULL;
}

static int32_t create(FvStr config_json, void **instance, FvErrorSink sink) {
  (void)config_json;
  (void)sink;
  *instance = NULL;
  for (int row = 0; row < MOST; row++) {
    numbers[row] = row;
    halves[row] = row / 2.0;
  }
  return FV_OK;
}

static void destroy(void *instance) { (void)instance; }

static void *fetch(void *instance, const FvRequest *request, FvCompletion completion) {
  (void)instance;
  static const char MANY[] = "\"1000000\"";
  int64_t rows = 5;
  for (size_t at = 0; at + sizeof MANY - 1 <= request->json.len; at++)
    if (memcmp(request->json.ptr + at, MANY, sizeof MANY - 1) == 0) rows = MOST;
  Table *table = calloc(1, sizeof *table);
  table->rows = rows;
  struct ArrowArrayStream stream = {get_schema, get_next, get_last_error, release_stream, table};
  FvResult result = {sizeof result, 0, NULL, &stream};
  completion.done(completion.ctx, &result);
  if (stream.release) stream.release(&stream); /* the host has not taken it */
  return NULL;
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
