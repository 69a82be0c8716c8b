/* finvista_plugin.h - the ABI of FinVista's plugins, version 1.0.
 *
 * One shared library is one plugin. It exports ONE symbol:
 *
 *     const FvPluginV1 *finvista_plugin_v1(const FvHost *host);
 *
 * A breaking change gets a new symbol (finvista_plugin_v2) and a new table. Everything else grows by appending fields: a
 * struct that may grow begins with its size, and a reader never looks past that size. FvStr, FvBytes, FvHeader, FvErrorSink,
 * FvCompletion and FvHttpCompletion never change within ABI 1.
 *
 * THE RULES: these are the contract, and the types below are only its spelling.
 *
 *  R1  Threads.   Every function may be called from any thread, and several at once. Neither side assumes anything of the
 *                 other's thread-locals or async runtime. A plugin that needs a runtime owns one.
 *  R2  Latency.   fetch() starts work and returns; it does not wait for a network or a disk. A plugin that cannot do that says
 *                 "blocking": true in its manifest, and fetch() is then called on a thread that may wait. cancel(),
 *                 release_call(), forecast() and every function of the host return at once.
 *  R3  Exactly once.  For each call of fetch(), done() is called exactly once: on any thread, also before fetch() returns, also
 *                 after cancel(). The same holds of the host for each http_fetch(). With done() a call is over: the completion is
 *                 spent, and the instance may be gone.
 *  R4  Borrowed.  What is reached through a const pointer, an FvStr or an FvBytes is borrowed until the function that it was
 *                 passed to returns; the receiver copies what it keeps. Three things live until the process ends: the FvHost,
 *                 the FvPluginV1 and its manifest_json. What describe() returns lives until destroy().
 *  R5  Moved.     Three things change owner: an instance (create to destroy), the handle of a call (fetch to release_call), and
 *                 an ArrowArrayStream (FvResult.stream, to its release). Nobody frees memory of the other side.
 *  R6  Streams are ready.  get_next() of a stream only hands over what is in memory, and never waits. The schema is a struct
 *                 ("+s") of the data set's columns in their order, with the formats u (text), tdD (day), tsm:Asia/Shanghai
 *                 (instant), g (float) and l (integer). A label (the symbol of cn_stock_daily) is a dictionary of u with keys of
 *                 format i, or u. Buffers are aligned to their elements; the host may copy what is not.
 *                 One batch crosses without a copy; several are put together by the host.
 *  R7  No unwinding.  No panic, exception or longjmp leaves a function, in either direction.
 *  R8  Resident.  A plugin is never unloaded, and need not be unloadable.
 *  R9  Good guest.  A plugin leaves signals, locale, environment, working directory, limits and stdout alone. It does not fork.
 *                 It exports no symbol but the entry.
 *  R10 Text is UTF-8 and not NUL-terminated. {NULL, 0} is "absent". JSON is one object, in which unknown keys are ignored, but for
 *                 those of a query: a wish that a plugin does not know is FV_UNSUPPORTED.
 *
 * THE MANIFEST, as JSON:
 *
 *     {"name": "tides", "title": "The harbour master", "version": "1.0.0", "failure_domain": "harbour",
 *      "blocking": false,
 *      "hosts": ["tides.example"], "quota": {"per_minute": 120, "burst": 5, "in_flight": 4},
 *      "datasets": [
 *        {"id": "cn_stock_daily", "priority": 5,
 *         "capability": {"boards": ["main", "star"], "adjusts": {"qfq": ["main"]}, "last_bars": 1023,
 *                        "precision": {"volume": 100, "amount": 0.5, "price": 0.005}}},
 *        {"id": "tide_table", "priority": 0, "title": "High tides", "ttl_s": 60,
 *         "params": [{"name": "port", "required": true, "doc": "the harbour"}],
 *         "columns": [{"name": "height", "type": "float", "nullable": false, "unit": "m", "doc": "The height."}]}]}
 *
 * A data set with columns is the plugin's own; one without is one that FinVista has. Types are text, label, date, time, float and
 * int. Boards are main, star, chi_next, beijing, b_share, fund, bond, index and other; a capability without boards promises
 * every query. Hosts and quota are for http_fetch: a plugin without hosts cannot use it.
 *
 * THE REQUEST, as JSON. The query is what the data set's query is; of a plugin's own data set it is its parameters, as text:
 *
 *     {"dataset": "cn_stock_daily", "today": "2024-06-28",
 *      "query": {"symbol": "000001.SZ", "range": {"start": "2024-01-01", "end": null}, "adjust": "none"}}
 *     {"dataset": "cn_stock_quote", "today": "2024-06-28", "query": {"symbols": ["000001.SZ", "600519.SH"]}}
 *     {"dataset": "tide_table", "today": "2024-06-28", "query": {"port": "Ningbo"}}
 */
#ifndef FINVISTA_PLUGIN_H
#define FINVISTA_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FV_ABI_MAJOR 1u
#define FV_ABI_MINOR 0u
#define FV_ABI_VERSION ((FV_ABI_MAJOR << 16) | FV_ABI_MINOR)
#define FV_ENTRY_SYMBOL "finvista_plugin_v1"

#if defined(_WIN32)
#define FV_EXPORT __declspec(dllexport)
#else
#define FV_EXPORT __attribute__((visibility("default")))
#endif

/* True when `p`, whose struct begins with struct_size, is new enough to have `field`. */
#define FV_HAS(p, type, field) ((p)->struct_size >= offsetof(type, field) + sizeof(((type *)0)->field))

/* ---- The Arrow C data and stream interfaces: laid out by the Arrow specification ------------------------------------- */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
#define ARROW_FLAG_DICTIONARY_ORDERED 1
#define ARROW_FLAG_NULLABLE 2
#define ARROW_FLAG_MAP_KEYS_SORTED 4
struct ArrowSchema {
  const char *format, *name, *metadata;
  int64_t flags, n_children;
  struct ArrowSchema **children, *dictionary;
  void (*release)(struct ArrowSchema *);
  void *private_data;
};
struct ArrowArray {
  int64_t length, null_count, offset, n_buffers, n_children;
  const void **buffers;
  struct ArrowArray **children, *dictionary;
  void (*release)(struct ArrowArray *);
  void *private_data;
};
#endif
#ifndef ARROW_C_STREAM_INTERFACE
#define ARROW_C_STREAM_INTERFACE
struct ArrowArrayStream {
  int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *out);
  int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *out);
  const char *(*get_last_error)(struct ArrowArrayStream *);
  void (*release)(struct ArrowArrayStream *);
  void *private_data;
};
#endif

/* ---- Small types ----------------------------------------------------------------------------------------------------- */
typedef struct FvStr {
  const char *ptr;
  size_t len;
} FvStr;

typedef struct FvBytes {
  const uint8_t *ptr;
  size_t len;
} FvBytes;

/* Error classes. They drive failover, so the list is closed: a class that the host does not know is FV_PLUGIN to it. FvError
 * says more. The columns say what the host does:                              | next source | counts in the circuit breaker */
enum {
  FV_OK = 0,
  FV_INVALID_INPUT = 1, /* the query itself is wrong; no source can answer it   |     no      |     no  */
  FV_UNSUPPORTED = 2,   /* this source cannot answer this query exactly         |     yes     |     no  */
  FV_NOT_FOUND = 3,     /* this source does not know the symbol                 |     yes     |     no  */
  FV_NO_DATA = 4,       /* it knows the symbol and has no rows in the range     |     yes     |     no  */
  FV_RATE_LIMITED = 5,  /* asked too often: 429; retry_after_ms is heeded       |     yes     |     yes */
  FV_TIMEOUT = 6,       /* no answer in time                                    |     yes     |     yes */
  FV_TRANSPORT = 7,     /* the network failed: DNS, TLS, connect, cut           |     yes     |     yes */
  FV_UPSTREAM = 8,      /* the vendor failed: 5xx, "system busy"                |     yes     |     yes */
  FV_BLOCKED = 9,       /* the vendor turned us away: 403, a wall, a ban        |     yes     |     yes */
  FV_DECODE = 10,       /* the answer has not the shape that it should have     |     yes     |     yes */
  FV_INVALID = 11,      /* the right shape, and it breaks an invariant          |     yes     |     yes */
  FV_PLUGIN = 12,       /* a bug: a panic, or a broken contract                 |     yes     |     yes */
  FV_THROTTLED = 13,    /* our own rate limit leaves no room in time            |     yes     |     no  */
  FV_CANCELLED = 14     /* cancel() took effect; a bug where nobody cancelled   |      -      |      -  */
};

/* FvError.flags */
enum {
  FV_ERROR_UNREACHABLE = 1, /* not even a connection came about: no name, no route, nobody there */
  FV_ERROR_PANICKED = 2     /* a panic or an exception was caught; the host gives up a plugin that repeats it */
};

enum { FV_LOG_ERROR = 1, FV_LOG_WARN = 2, FV_LOG_INFO = 3, FV_LOG_DEBUG = 4, FV_LOG_TRACE = 5 };

typedef struct FvError {
  uint32_t struct_size;
  int32_t code;           /* one of the classes above */
  int64_t retry_after_ms; /* negative: unknown */
  uint32_t flags;
  uint32_t reserved; /* 0 */
  FvStr message;     /* for people; without keys, cookies and signed addresses */
} FvError;

/* Where a synchronous function reports its error before it returns other than FV_OK. */
typedef struct FvErrorSink {
  void *ctx;
  void (*report)(void *ctx, const FvError *error);
} FvErrorSink;

/* ---- What the host offers -------------------------------------------------------------------------------------------- */
typedef struct FvHeader {
  FvStr name;
  FvStr value;
} FvHeader;

/* A GET request. It belongs to a call of fetch() that is under way, in whose time it must fit, and ends with it. A call may make
 * 200 of them. */
typedef struct FvHttpRequest {
  uint32_t struct_size;
  uint32_t flags;      /* 0 */
  uint64_t request_id; /* that of the FvRequest that it serves */
  FvStr url;           /* https://host/path, the host being one of the manifest's */
  const FvHeader *headers;
  size_t n_headers;
  uint64_t max_body; /* an answer with more bytes is FV_DECODE; 0: 8 MiB */
  uint32_t pages;    /* how many requests to this host follow from here, this one included: FV_THROTTLED at once where
                        they cannot all be sent in time; 0 is 1 */
  uint32_t reserved; /* 0 */
} FvHttpRequest;

typedef struct FvHttpResponse {
  uint32_t struct_size;
  int32_t status;         /* 0: there was no answer */
  const FvError *error;   /* NULL where the status is 200; else what it means, ready to be handed on */
  int64_t retry_after_ms; /* negative: the answer did not say */
  FvStr content_type;
  FvStr charset; /* as the Content-Type names it */
  FvBytes body;
} FvHttpResponse;

typedef struct FvHttpCompletion {
  void *ctx;
  void (*done)(void *ctx, const FvHttpResponse *response);
} FvHttpCompletion;

typedef struct FvHost {
  uint32_t struct_size;
  uint32_t abi_version; /* FV_ABI_VERSION of the host */
  void *ctx;            /* the first argument of every function below */
  int32_t (*log_enabled)(void *ctx, uint32_t level, FvStr target);
  void (*log)(void *ctx, uint32_t level, FvStr target, FvStr message);
  /* The time of day: milliseconds since 1970 in UTC. */
  int64_t (*now_ms)(void *ctx);
  /* Sends a request with the host's client: its rate limits, gateway, proxy, recorder and deadline. Returns a number for
   * http_cancel. done() may come before it returns. */
  uint64_t (*http_fetch)(void *ctx, const FvHttpRequest *request, FvHttpCompletion completion);
  /* Asks to end a request: done() comes with FV_CANCELLED, or with what was ready. */
  void (*http_cancel)(void *ctx, uint64_t request_id, uint64_t http_id);
} FvHost;

/* ---- One call -------------------------------------------------------------------------------------------------------- */
typedef struct FvRequest {
  uint32_t struct_size;
  uint32_t flags;      /* 0 */
  uint64_t request_id; /* unique in the process; 0 where no call is under way */
  int64_t timeout_ms;  /* the time for the answer, from now */
  FvStr json;          /* see THE REQUEST above */
} FvRequest;

typedef struct FvResult {
  uint32_t struct_size;
  uint32_t flags;                  /* 0 */
  const FvError *error;            /* NULL: success */
  struct ArrowArrayStream *stream; /* success: moved. The host copies the struct and sets stream->release = NULL */
} FvResult;

/* ctx is a number of the host's, and points to nothing. */
/* What answering a query would take, for whoever wants to know before anybody is asked. */
typedef struct FvForecast {
  uint32_t struct_size; /* set by the host */
  uint32_t requests;    /* HTTP requests, as far as can be told before the first answer: it may ask for more */
  uint32_t host;        /* whose rate limit they wait for: its place among the manifest's hosts, from 0 */
  uint32_t reserved;    /* 0 */
  int64_t wait_ms;      /* how long limits of the plugin's own would hold back the last of them; the host adds its own */
} FvForecast;

typedef struct FvCompletion {
  void *ctx;
  void (*done)(void *ctx, const FvResult *result);
} FvCompletion;

/* ---- What the plugin offers ------------------------------------------------------------------------------------------ */
typedef struct FvPluginV1 {
  uint32_t struct_size;
  uint32_t abi_version; /* the FV_ABI_VERSION that the plugin was compiled with */
  FvStr manifest_json;  /* see THE MANIFEST above; may be absent where describe() is there */
  /* FV_OK and *instance set, or a class after one report() to the sink. Called once for each configuration; an absent
   * configuration is {}. */
  int32_t (*create)(FvStr config_json, void **instance, FvErrorSink sink);
  /* Called once for each instance, when every call on it has completed and is released. */
  void (*destroy)(void *instance);
  /* Starts a call. Returns a handle, or NULL where it cannot be cancelled (any more). */
  void *(*fetch)(void *instance, const FvRequest *request, FvCompletion completion);
  /* Asks to stop. A hint: done() still comes, with FV_CANCELLED or with what was ready. */
  void (*cancel)(void *call);
  /* Called exactly once for each handle, before or after done(). */
  void (*release_call)(void *call);
  /* May be NULL. The manifest of this instance, in place of manifest_json; asked for once, after create(). */
  FvStr (*describe)(void *instance);
  /* May be NULL. What answering this request would take: FV_OK and *forecast filled in, or a class where nobody can tell. It
   * sends nothing, changes nothing and returns at once, also where the plugin is "blocking"; no call is under way, and
   * request_id is 0. */
  int32_t (*forecast)(void *instance, const FvRequest *request, FvForecast *forecast);
} FvPluginV1;

/* A table of version 1 that is smaller than this is refused. */
#define FV_PLUGIN_V1_MIN_SIZE (offsetof(FvPluginV1, forecast) + sizeof(void *))

/* Called once, before anything else. NULL: the plugin refuses this host, and has said why in the log. */
typedef const FvPluginV1 *(*FvEntryV1)(const FvHost *host);

#ifdef __cplusplus
} /* extern "C" */
#endif
#endif /* FINVISTA_PLUGIN_H */
