/* plain.c - a FinVista plugin in one C file: made-up daily bars, computed on the spot.
 *
 *     cc -std=c99 -O2 -fPIC -shared -I../../crates/finvista-plugin/include -o libplain.so plain.c
 *
 * It is synchronous: done() is called before fetch() returns, and there is nothing to cancel. Computing takes no time, so it is
 * not "blocking"; a plugin that reads a file or asks a server in fetch() says so in its manifest.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "finvista_plugin.h"

/* The data set that it offers and answers. */
#define DATASET "cn_stock_daily"

static const char MANIFEST[] =
    "{\"name\":\"plain\",\"title\":\"Made-up bars in plain C\",\"version\":\"1.0.0\",\"datasets\":[{"
    "\"id\":\"" DATASET "\",\"priority\":100," /* without columns: the data set is the host's */
    "\"capability\":{\"boards\":[\"main\",\"star\",\"chi_next\",\"beijing\"],\"periods\":[\"day\"]}}]}";

/* ---- Dates, as days since 1970-01-01 ------------------------------------------------------------------------------------ */

/* The day of a civil date (Howard Hinnant's days_from_civil). */
static int32_t day_of(int y, int m, int d) {
  y -= m <= 2;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int yoe = y - era * 400;
  const int doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  const int doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return (int32_t)(era * 146097 + doe - 719468);
}

/* Listings are made up as well: all codes but those that end in 999. */
static int is_listed(const char *symbol) { return strncmp(symbol + 3, "999", 3) != 0; }

/* Every listing is of this year, and these are the weekdays since then on which the exchanges were closed. */
#define LISTED 2024
static const struct {
  int year, days[24];
} CLOSED[] = {
    {LISTED, {101, 209, 212, 213, 214, 215, 216, 404, 405, 501, 502, 503, 610, 916, 917, 1001, 1002, 1003, 1004, 1007}},
    {2025, {101, 128, 129, 130, 131, 203, 204, 404, 501, 502, 505, 602, 1001, 1002, 1003, 1006, 1007, 1008}},
    {2026, {101, 102, 216, 217, 218, 219, 220, 223, 406, 501, 504, 505, 619, 925, 1001, 1002, 1005, 1006, 1007}},
};

static int is_session(int32_t day) {
  const int weekday = (int)(((day + 3) % 7 + 7) % 7); /* 0 is Monday */
  if (weekday >= 5) return 0;
  for (size_t y = 0; y < sizeof CLOSED / sizeof *CLOSED; y++) {
    for (const int *at = CLOSED[y].days; *at; at++) {
      if (day == day_of(CLOSED[y].year, *at / 100, *at % 100)) return 0;
    }
  }
  return 1;
}

/* ---- The request: a flat JSON object of texts without escapes, so that looking for the quotes is enough -------------------- */

typedef struct Query {
  char symbol[16];
  int32_t first, last, today;
} Query;

static int32_t day_in(const char *text) {
  int y, m, d;
  return sscanf(text, "%d-%d-%d", &y, &m, &d) == 3 ? day_of(y, m, d) : 0;
}

/* Copies what is between the next two quotes, of at most size - 1 bytes, and returns the place behind; NULL at the end. */
static const char *next_text(const char *at, char *out, size_t size) {
  const char *open = strchr(at, '"'), *close = open ? strchr(open + 1, '"') : NULL;
  if (!close || (size_t)(close - open - 1) >= size) return NULL;
  memcpy(out, open + 1, (size_t)(close - open - 1));
  out[close - open - 1] = 0;
  return close + 1;
}

/* Reads a request. Returns 0 if it asks for something that this plugin does not make up: unknown parameters are never ignored. */
static int read_request(const char *json, Query *query) {
  char name[32], value[64];
  const char *today = strstr(json, "\"today\":"), *at = strstr(json, "\"query\":{");
  if (!strstr(json, "\"dataset\":\"" DATASET "\"") || !today || !at) return 0;
  if (!next_text(today + strlen("\"today\":"), value, sizeof value)) return 0;
  query->today = query->last = day_in(value);
  query->symbol[0] = 0;
  query->first = INT32_MIN;
  at += strlen("\"query\":{");
  while (*at && *at != '}') {
    if (!(at = next_text(at, name, sizeof name)) || !(at = next_text(at, value, sizeof value))) return 0;
    if (!strcmp(name, "symbol") && strlen(value) < sizeof query->symbol) {
      strcpy(query->symbol, value);
    } else if (!strcmp(name, "start")) {
      query->first = day_in(value);
    } else if (!strcmp(name, "end")) {
      query->last = day_in(value);
    } else if (strcmp(name, "period") || strcmp(value, "day")) {
      return 0;
    }
    if (*at == ',') at++;
  }
  if (query->first == INT32_MIN) query->first = query->last - 29;
  if (query->last > query->today) query->last = query->today;
  return query->symbol[0] != 0;
}

/* ---- Arrow: every array and schema owns its memory until its release ------------------------------------------------------ */

static void release_array(struct ArrowArray *array) {
  for (int64_t i = 0; i < array->n_children; i++) {
    if (array->children[i]->release) array->children[i]->release(array->children[i]);
    free(array->children[i]);
  }
  free(array->children);
  for (int64_t i = 0; i < array->n_buffers; i++) free((void *)array->buffers[i]);
  free(array->buffers);
  array->release = NULL;
}

/* An array of these buffers, which it takes over; a NULL one is absent. */
static void make_array(struct ArrowArray *array, int64_t length, int64_t nulls, int64_t n_buffers, void *validity,
                       void *values, void *bytes) {
  memset(array, 0, sizeof *array);
  array->length = length;
  array->null_count = nulls;
  array->n_buffers = n_buffers;
  array->buffers = calloc(3, sizeof *array->buffers);
  array->buffers[0] = validity;
  array->buffers[1] = values;
  array->buffers[2] = bytes;
  array->release = release_array;
}

static void release_schema(struct ArrowSchema *schema) {
  for (int64_t i = 0; i < schema->n_children; i++) {
    if (schema->children[i]->release) schema->children[i]->release(schema->children[i]);
    free(schema->children[i]);
  }
  free(schema->children);
  schema->release = NULL;
}

/* Formats and names are constants, so there is nothing to free of them. */
static void make_schema(struct ArrowSchema *schema, const char *format, const char *name, int64_t flags) {
  memset(schema, 0, sizeof *schema);
  schema->format = format;
  schema->name = name;
  schema->flags = flags;
  schema->release = release_schema;
}

/* ---- The table: cn_stock_daily ---------------------------------------------------------------------------------------------- */

enum { COLUMNS = 12, OPEN = 2, VOLUME = 6, AMOUNT = 7 };
static const struct {
  const char *name, *format;
  int64_t flags;
} COLUMN[COLUMNS] = {
    {"symbol", "u", 0},
    {"date", "tdD", 0},
    {"open", "g", 0},
    {"high", "g", 0},
    {"low", "g", 0},
    {"close", "g", 0},
    {"volume", "l", 0},
    {"amount", "g", ARROW_FLAG_NULLABLE},
    {"change", "g", ARROW_FLAG_NULLABLE},
    {"change_pct", "g", ARROW_FLAG_NULLABLE},
    {"amplitude", "g", ARROW_FLAG_NULLABLE},
    {"turnover", "g", ARROW_FLAG_NULLABLE},
};

/* What a stream hands over: one batch. */
typedef struct Bars {
  struct ArrowArray batch;
  int handed_over;
} Bars;

/* The bars of the sessions from first to last; NULL where there are none. */
static Bars *make_bars(const char *symbol, int32_t first, int32_t last) {
  int64_t rows = 0, row = 0;
  if (first < day_of(LISTED, 1, 1)) first = day_of(LISTED, 1, 1);
  for (int32_t day = first; day <= last; day++) rows += is_session(day);
  if (rows == 0) return NULL;

  Bars *bars = calloc(1, sizeof *bars);
  void *values[COLUMNS];
  for (int c = 1; c < COLUMNS; c++) values[c] = calloc((size_t)rows, 8);
  const size_t width = strlen(symbol);
  int32_t *offsets = calloc((size_t)rows + 1, sizeof *offsets);
  char *texts = malloc((size_t)rows * width);
  const int seed = atoi(symbol) % 97;
  for (int32_t day = first; day <= last; day++) {
    if (!is_session(day)) continue;
    const int64_t step = ((int64_t)day * 37 + seed) % 200; /* cents above the lowest price */
    const double close = (double)(1000 + step) / 100;
    const double prices[4] = {close - 0.05, close + 0.1, close - 0.1, close}; /* open, high, low, close */
    ((int32_t *)values[1])[row] = day;
    for (int p = 0; p < 4; p++) ((double *)values[OPEN + p])[row] = prices[p];
    ((int64_t *)values[VOLUME])[row] = 100 * (1000 + step);
    ((double *)values[AMOUNT])[row] = 100.0 * (double)(1000 + step) * close; /* proves that the volume counts shares */
    memcpy(texts + (size_t)row * width, symbol, width);
    row++;
    offsets[row] = (int32_t)((size_t)row * width);
  }

  make_array(&bars->batch, rows, 0, 1, NULL, NULL, NULL);
  bars->batch.n_children = COLUMNS;
  bars->batch.children = calloc(COLUMNS, sizeof *bars->batch.children);
  for (int c = 0; c < COLUMNS; c++) {
    struct ArrowArray *column = bars->batch.children[c] = calloc(1, sizeof *column);
    if (c == 0) {
      make_array(column, rows, 0, 3, NULL, offsets, texts);
    } else if (c <= AMOUNT) {
      make_array(column, rows, 0, 2, NULL, values[c], NULL);
    } else { /* not known: no value is valid */
      make_array(column, rows, rows, 2, calloc((size_t)rows / 8 + 1, 1), values[c], NULL);
    }
  }
  return bars;
}

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
  Bars *bars = stream->private_data;
  if (bars->handed_over) {
    memset(out, 0, sizeof *out); /* without a release: the end */
  } else {
    *out = bars->batch;
    bars->handed_over = 1;
  }
  return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream) {
  (void)stream;
  return NULL;
}

static void release_stream(struct ArrowArrayStream *stream) {
  Bars *bars = stream->private_data;
  if (!bars->handed_over) release_array(&bars->batch);
  free(bars);
  stream->release = NULL;
}

/* ---- The plugin -------------------------------------------------------------------------------------------------------------- */

static void fail(FvCompletion completion, int32_t code, const char *message) {
  FvError error = {sizeof error, code, -1, 0, 0, {message, strlen(message)}};
  FvResult result = {sizeof result, 0, &error, NULL};
  completion.done(completion.ctx, &result);
}

static int32_t create(FvStr config_json, void **instance, FvErrorSink sink) {
  (void)config_json;
  (void)sink;
  *instance = NULL; /* it has no state */
  return FV_OK;
}

static void destroy(void *instance) { (void)instance; }

static void *fetch(void *instance, const FvRequest *request, FvCompletion completion) {
  (void)instance;
  char *json = malloc(request->json.len + 1);
  memcpy(json, request->json.ptr, request->json.len);
  json[request->json.len] = 0;

  Query query;
  const int known = read_request(json, &query);
  free(json);

  const int listed = known && is_listed(query.symbol);
  Bars *bars = listed ? make_bars(query.symbol, query.first, query.last) : NULL;
  if (!known) {
    fail(completion, FV_UNSUPPORTED, "only daily bars as traded are made up here");
  } else if (!listed) {
    fail(completion, FV_NOT_FOUND, "no such code");
  } else if (!bars) {
    fail(completion, FV_NO_DATA, "no session in the range");
  } else {
    struct ArrowArrayStream stream = {get_schema, get_next, get_last_error, release_stream, bars};
    FvResult result = {sizeof result, 0, NULL, &stream};
    completion.done(completion.ctx, &result);
    if (stream.release) stream.release(&stream); /* the host has not taken it */
  }
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
