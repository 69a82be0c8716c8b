/* probe.c - a plugin that does what a test asks it to, right or wrong. Without a switch it loads; each switch breaks the loading
 * in one way. Its data set is c_probe: a number and a text. */
#define _POSIX_C_SOURCE 200809L
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "finvista_plugin.h"

#ifndef VERSION
#define VERSION FV_ABI_VERSION
#endif
#ifndef SIZE
#define SIZE sizeof(FvPluginV1)
#endif
#ifndef MANIFEST
#define MANIFEST                                                                                                          \
  "{\"name\":\"c_probe\",\"version\":\"1\",\"hosts\":[\"c.example\"],\"quota\":{\"per_minute\":60},\"datasets\":[{"     \
  "\"id\":\"c_probe\",\"priority\":0,\"shape\":\"free\",\"keep\":{\"for\":60},\"title\":\"Whatever is asked\","          \
  "\"params\":[{\"name\":\"act\",\"required\":true}],"                                                               \
  "\"columns\":[{\"name\":\"number\",\"type\":\"int\"},{\"name\":\"note\",\"type\":\"text\"}]}]}"
#endif

static const FvHost *host;
/* What is alive: streams, batches, handles, instances. */
static int64_t alive;
/* The host calls from several threads. */
#define COUNT(what, by) __atomic_add_fetch(&(what), (by), __ATOMIC_SEQ_CST)
#define READ(what) __atomic_load_n(&(what), __ATOMIC_SEQ_CST)
static void block_for_ever(void) {
  for (;;) pause();
}
/* The completion of a call that was not ended, and its id. */
static FvCompletion owed;
static uint64_t owed_id;
/* How many HTTP answers came, of those that are counted, or said that the call is over; and how many said that it asks too much. */
static int64_t ended_http, refused_http;

static void release_leaf(struct ArrowArray *array) {
  if (!array->buffers) array->buffers = array->private_data;
  else free(array->private_data);
  for (int64_t i = 0; i < 3; i++) free((void *)array->buffers[i]);
  free(array->buffers);
  array->release = NULL;
}

static void release_batch(struct ArrowArray *array) {
  if (!array->children) array->children = array->private_data;
  if (!array->children[0]) array->children[0] = array->private_data;
  for (int i = 0; i < 2; i++) {
    if (array->children[i]->release) array->children[i]->release(array->children[i]);
    free(array->children[i]);
  }
  free(array->children);
  free(array->buffers);
  array->release = NULL;
  COUNT(alive, -1);
}

static struct ArrowArray *leaf(int64_t rows, int n_buffers, void *values, void *bytes) {
  struct ArrowArray *array = calloc(1, sizeof *array);
  array->length = rows;
  array->n_buffers = n_buffers;
  array->buffers = calloc(3, sizeof *array->buffers);
  array->buffers[1] = values;
  array->buffers[2] = bytes;
  array->release = release_leaf;
  return array;
}

typedef struct Table {
  int batches;
  int64_t number;
  char note[32];
  const char *act;
} Table;

/* Breaks one thing of a batch, which its release puts right again. */
static void spoil(struct ArrowArray *out, const char *act) {
  struct ArrowArray *number = out->children[0], *note = out->children[1];
  if (!strcmp(act, "null_children")) out->private_data = out->children, out->children = NULL;
  if (!strcmp(act, "null_child")) out->private_data = number, out->children[0] = NULL;
  if (!strcmp(act, "null_buffers")) number->private_data = number->buffers, number->buffers = NULL;
  if (!strcmp(act, "null_values")) number->private_data = (void *)number->buffers[1], number->buffers[1] = NULL;
  if (!strcmp(act, "null_text")) note->private_data = (void *)note->buffers[2], note->buffers[2] = NULL;
  if (!strcmp(act, "length")) number->length = -1;
  if (!strcmp(act, "rows")) out->length = 2;
  if (!strcmp(act, "offset")) number->offset = -1;
  if (!strcmp(act, "nulls")) number->null_count = 1;
  if (!strcmp(act, "n_buffers")) number->n_buffers = 3;
  if (!strcmp(act, "n_children")) out->n_children = -1;
  if (!strcmp(act, "huge")) out->n_children = INT64_MAX;
}

/* One row: the number, or the address of the buffer that it stands in; and the note. */
static void batch(struct ArrowArray *out, Table *table) {
  int64_t *values = malloc(sizeof *values);
  int32_t *offsets = calloc(2, sizeof *offsets);
  char *bytes = malloc(32);
  values[0] = table->number ? table->number : (int64_t)(intptr_t)values;
  memcpy(bytes, table->note, 32);
  offsets[1] = (int32_t)strlen(table->note);
  if (!strcmp(table->act, "offsets")) offsets[0] = 3, offsets[1] = 1;
  if (!strcmp(table->act, "utf8")) bytes[0] = (char)0xff;
  memset(out, 0, sizeof *out);
  out->length = 1;
  out->n_buffers = 1;
  out->buffers = calloc(1, sizeof *out->buffers);
  out->n_children = 2;
  out->children = calloc(2, sizeof *out->children);
  out->children[0] = leaf(1, 2, values, NULL);
  out->children[1] = leaf(1, 3, offsets, bytes);
  out->release = release_batch;
  spoil(out, table->act);
  COUNT(alive, 1);
}

static void release_schema(struct ArrowSchema *schema) {
  if (schema->n_children < 0) schema->n_children = 2;
  for (int64_t i = 0; i < schema->n_children; i++) {
    schema->children[i]->release(schema->children[i]);
    free(schema->children[i]);
  }
  free(schema->children);
  schema->release = NULL;
}

static void field(struct ArrowSchema *schema, const char *format, const char *name) {
  memset(schema, 0, sizeof *schema);
  schema->format = format;
  schema->name = name;
  schema->release = release_schema;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
  Table *table = stream->private_data;
  field(out, strcmp(table->act, "no_struct") ? "+s" : "l", "");
  out->n_children = 2;
  out->children = calloc(2, sizeof *out->children);
  for (int i = 0; i < 2; i++) out->children[i] = malloc(sizeof **out->children);
  field(out->children[0], strcmp(table->act, "format") ? "l" : "no format", "number");
  field(out->children[1], "u", "note");
  if (!strcmp(table->act, "no_format")) out->children[0]->format = NULL;
  if (!strcmp(table->act, "negative_fields")) out->private_data = out->children, out->n_children = -1;
  return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
  Table *table = stream->private_data;
  if (!strcmp(table->act, "stream_error")) return 5;
  if (!strcmp(table->act, "block_stream")) block_for_ever();
  memset(out, 0, sizeof *out);
  if (table->batches > 0) {
    table->batches--;
    batch(out, table);
  }
  return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream) {
  (void)stream;
  return "the stream broke";
}

static void release_stream(struct ArrowArrayStream *stream) {
  free(stream->private_data);
  stream->release = NULL;
  COUNT(alive, -1);
}

static void answer(FvCompletion completion, const char *act, int batches, int64_t number, const char *note) {
  Table *table = calloc(1, sizeof *table);
  table->batches = batches;
  table->number = number;
  table->act = act;
  memcpy(table->note, note, strlen(note) < 31 ? strlen(note) : 31);
  struct ArrowArrayStream stream = {get_schema, get_next, get_last_error, release_stream, table};
  FvResult result = {sizeof result, 0, NULL, &stream};
  COUNT(alive, 1);
  completion.done(completion.ctx, &result);
  if (stream.release) stream.release(&stream);
}

static void fail(FvCompletion completion, int32_t code, uint32_t flags) {
  const char *message = "as planned";
  FvError error = {sizeof error, code, 1500, flags, 0, {message, strlen(message)}};
  FvResult result = {sizeof result, 0, &error, NULL};
  completion.done(completion.ctx, &result);
}

/* ---- HTTP ------------------------------------------------------------------------------------------------------------------ */

static void http_done(void *ctx, const FvHttpResponse *response) {
  FvCompletion *completion = ctx;
  char note[32] = {0};
  size_t n = response->body.len < 31 ? response->body.len : 31;
  if (n) memcpy(note, response->body.ptr, n);
  if (response->error && response->error->code == FV_CANCELLED) COUNT(ended_http, 1);
  if (response->status && !response->error) {
    answer(*completion, "http", 1, response->status + 1000 * response->at_ms, note);
  } else {
    FvResult result = {sizeof result, 0, response->error, NULL};
    completion->done(completion->ctx, &result);
  }
  free(completion);
}

static void http_counted(void *ctx, const FvHttpResponse *response) {
  (void)ctx;
  if (response->error && response->error->code == FV_PLUGIN) COUNT(refused_http, 1);
  else COUNT(ended_http, 1);
}

static void http_blocks(void *ctx, const FvHttpResponse *response) {
  (void)ctx, (void)response;
  block_for_ever();
}

static const uint16_t READS[] = {404, 418};

static uint64_t get(uint64_t id, const char *url, FvHttpCompletion completion) {
  FvHeader header = {{"Referer", 7}, {"https://c.example", 17}};
  FvHttpRequest request = {sizeof request, 0, id, {url, strlen(url)}, &header, 1, READS, 2, 100, 1, 0};
  return host->http_fetch(host->ctx, &request, completion);
}

/* ---- The table ---------------------------------------------------------------------------------------------------------------- */

static int32_t create(FvStr config_json, void **instance, FvErrorSink sink) {
  if (config_json.len > 2 && config_json.ptr[1] == '!') {
    FvError error = {sizeof error, FV_INVALID_INPUT, -1, 0, 0, {"no such key", 11}};
    sink.report(sink.ctx, &error);
    return FV_INVALID_INPUT;
  }
  *instance = malloc(1);
  COUNT(alive, 1);
  return FV_OK;
}

static void destroy(void *instance) {
  free(instance);
  COUNT(alive, -1);
}

static void *handle(void) {
  COUNT(alive, 1);
  return calloc(1, 1);
}

static void *fetch(void *instance, const FvRequest *request, FvCompletion completion) {
  static const char *const ACTS[] = {
      "table", "batches", "none",    "utf8",  "offsets", "no_struct", "format", "stream_error", "twice",
      "never", "late",    "unknown", "panic", "neither", "alive",     "http",   "http_cancel",  "http_late",
      "many",  "http_418", "http_503", "progress", "null_children", "null_child", "null_buffers", "null_values",
      "null_text", "length", "rows", "offset", "nulls", "n_buffers", "n_children", "huge", "no_format",
      "negative_fields", "block", "answer_and_block", "block_cancel", "block_http", "block_stream",
  };
  const char *act = "";
  char json[512] = {0};
  (void)instance;
  memcpy(json, request->json.ptr, request->json.len < 511 ? request->json.len : 511);
  for (size_t i = 0; i < sizeof ACTS / sizeof *ACTS; i++) {
    char key[64] = "\"act\":\"";
    strcat(strcat(key, ACTS[i]), "\"");
    if (strstr(json, key)) act = ACTS[i];
  }
  if (!strcmp(act, "batches")) {
    answer(completion, act, 3, 7, "part");
  } else if (!strcmp(act, "none")) {
    answer(completion, act, 0, 0, "");
  } else if (!strcmp(act, "twice")) {
    answer(completion, act, 1, 1, "first");
    answer(completion, act, 1, 2, "second");
  } else if (!strcmp(act, "never")) {
    owed = completion;
    owed_id = request->request_id;
    return handle();
  } else if (!strcmp(act, "late")) {
    answer(owed, "table", 1, 1, "too late");
    answer(completion, act, 1, 1, "in time");
  } else if (!strcmp(act, "block")) {
    block_for_ever();
  } else if (!strcmp(act, "answer_and_block")) {
    answer(completion, act, 1, 1, "answered");
    block_for_ever();
  } else if (!strcmp(act, "block_cancel")) {
    char *stuck = handle();
    *stuck = 'c';
    return stuck;
  } else if (!strcmp(act, "block_http")) {
    get(request->request_id, "https://c.example/x", (FvHttpCompletion){NULL, http_blocks});
    return handle();
  } else if (!strcmp(act, "unknown")) {
    fail(completion, 99, 0);
  } else if (!strcmp(act, "panic")) {
    fail(completion, FV_PLUGIN, FV_ERROR_PANICKED);
  } else if (!strcmp(act, "neither")) {
    FvResult result = {sizeof result, 0, NULL, NULL};
    completion.done(completion.ctx, &result);
  } else if (!strcmp(act, "alive")) {
    answer(completion, act, 1, READ(alive) * 1000 + READ(ended_http), "alive");
  } else if (!strcmp(act, "http")) {
    FvCompletion *kept = malloc(sizeof *kept);
    *kept = completion;
    get(request->request_id, "https://c.example/x", (FvHttpCompletion){kept, http_done});
    return handle();
  } else if (!strcmp(act, "http_418") || !strcmp(act, "http_503")) {
    FvCompletion *kept = malloc(sizeof *kept);
    *kept = completion;
    get(request->request_id, !strcmp(act, "http_418") ? "https://c.example/418" : "https://c.example/503",
        (FvHttpCompletion){kept, http_done});
    return handle();
  } else if (!strcmp(act, "progress")) {
    host->report(host->ctx, request->request_id, 1, 2);
    host->report(host->ctx, request->request_id, 2, 2);
    host->report(host->ctx, request->request_id + 1, 3, 3); /* no call of this id: ignored */
    answer(completion, act, 1, request->flags & FV_REQUEST_SWEEP, "progress");
  } else if (!strcmp(act, "http_cancel")) {
    FvCompletion *kept = malloc(sizeof *kept);
    *kept = completion;
    uint64_t id = get(request->request_id, "https://c.example/never", (FvHttpCompletion){kept, http_done});
    host->http_cancel(host->ctx, request->request_id, id);
    host->http_cancel(host->ctx, request->request_id, id);
    return handle();
  } else if (!strcmp(act, "http_late")) {
    get(owed_id, "https://c.example/x", (FvHttpCompletion){NULL, http_counted});
    answer(completion, act, 1, 1, "asked");
  } else if (!strcmp(act, "many")) {
    refused_http = 0;
    for (int i = 0; i < 202; i++) get(request->request_id, "https://c.example/x", (FvHttpCompletion){NULL, http_counted});
    answer(completion, act, 1, refused_http, "refused");
  } else {
    answer(completion, act, 1, 0, "table");
  }
  return NULL;
}

/* What a table takes it can tell, and of "http" it names a host that it has not. */
static int32_t forecast(void *instance, const FvRequest *request, FvForecast *out) {
  char json[512] = {0};
  (void)instance;
  memcpy(json, request->json.ptr, request->json.len < 511 ? request->json.len : 511);
  if (strstr(json, "\"act\":\"block\"")) block_for_ever();
  if (request->request_id != 0 || out->struct_size < sizeof *out) return FV_PLUGIN;
  out->requests = 3;
  out->wait_ms = 1500;
  out->host = strstr(json, "\"act\":\"http\"") ? 9 : 0;
  return strstr(json, "\"act\":\"none\"") ? FV_UNSUPPORTED : FV_OK;
}

static void cancel(void *call) {
  if (*(char *)call == 'c') block_for_ever();
}
static void release_call(void *call) {
  free(call);
  COUNT(alive, -1);
}

#ifdef UNRESOLVED
void missing_symbol(void);
#endif

typedef struct Newer {
  FvPluginV1 v1;
  void *later[4];
} Newer;

static const Newer PLUGIN = {
    {
        SIZE, VERSION, {MANIFEST, sizeof MANIFEST - 1}, create, destroy,
#ifdef NO_FETCH
        NULL,
#else
        fetch,
#endif
        cancel, release_call, NULL,
#ifdef NO_FORECAST
        NULL,
#else
        forecast,
#endif
    },
    {0},
};

#ifdef NO_ENTRY
#define finvista_plugin_v1 another_name
#endif
FV_EXPORT const FvPluginV1 *finvista_plugin_v1(const FvHost *given) {
  host = given;
  host->log(host->ctx, FV_LOG_WARN, (FvStr){"probe", 5}, (FvStr){"hello from C", 12});
#ifdef UNRESOLVED
  missing_symbol();
#endif
#ifdef REFUSE
  return NULL;
#endif
  (void)fetch, (void)forecast;
  return &PLUGIN.v1;
}
