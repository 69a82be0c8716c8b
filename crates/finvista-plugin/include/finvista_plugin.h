/* finvista_plugin.h - the ABI of FinVista's plugins, version 1.0.
 *
 * One shared library is one plugin. It exports ONE symbol:
 *
 *     const FvPluginV1 *finvista_plugin_v1(const FvHost *host);
 *
 * THE RULES are the contract. The types below only spell it out.
 *
 *  R1  Threads.   Every function may be called from any thread, and from several at once. Neither side assumes anything about the
 *                 other's thread-locals or async runtime. A plugin that needs a runtime owns one.
 *  R2  Latency.   fetch() starts work and returns; it does not wait for a network or a disk. A plugin that cannot do that says
 *                 "blocking": true in its manifest. create() may take seconds. Every other function of the plugin, of its streams
 *                 and of its arrays, and every function of the host, returns at once. A host calls them all on threads that hold
 *                 up nothing else, and names the function and the rule in its log when one does not return.
 *  R3  Exactly once.  For each call of fetch(), done() is called exactly once: on any thread, also before fetch() returns, also
 *                 after cancel(). The same holds for the host and each http_fetch(). done() ends a call: the completion is
 *                 spent, and the instance may be gone.
 *  R4  Borrowed.  What is reached through a const pointer, an FvStr or an FvBytes is borrowed until the function that it was
 *                 passed to returns; the receiver copies what it keeps. Three things live until the process ends: the FvHost,
 *                 the FvPluginV1 and its manifest_json. What describe() returns lives until destroy().
 *  R5  Moved.     Three things change owner: an instance (create to destroy), the handle of a call (fetch to release_call), and
 *                 an ArrowArrayStream (FvResult.stream, to its release). Neither side frees memory of the other.
 *  R6  Streams are ready.  get_next() of a stream only hands over what is in memory, and never waits. The schema is a struct
 *                 ("+s") of the data set's columns in their order, with the formats u (text), tdD (day), tsm: and the zone of
 *                 the column (instant), g (float), l (integer) and b (bool). A label (the symbol of cn_stock_daily) is a
 *                 dictionary of u with keys of format i, or u. Buffers are aligned to their elements; the host may copy those
 *                 that are not. One batch crosses without a copy; several are put together by the host.
 *  R7  No unwinding.  No panic, exception or longjmp leaves a function, in either direction.
 *  R8  Resident.  A plugin is never unloaded, and need not be unloadable.
 *  R9  Good guest.  A plugin leaves signals, locale, environment, working directory, limits and stdout alone. It does not fork.
 *                 It exports no symbol but the entry.
 *  R10 Text is UTF-8 and not NUL-terminated. {NULL, 0} is "absent". JSON is one object, whose unknown keys are ignored, with two
 *                 exceptions. A plugin answers an unknown parameter or value of a query with FV_UNSUPPORTED. A host drops an
 *                 offer whose capability has an unknown key. Both may restrict what is asked or promised.
 *
 * VERSIONS. The major version is in the name of the entry and of the table: a change that breaks a plugin or a host is
 * finvista_plugin_v2 with a table FvPluginV2, beside this one. Within version 1
 *
 *   - a struct that begins with struct_size may get further fields at its end, and every reader accepts the size that it has in
 *     1.0 and never looks past the size that it is given (FV_HAS). FvStr, FvBytes, FvHeader, FvErrorSink, FvCompletion and
 *     FvHttpCompletion never change;
 *   - a function that a table gets later may be NULL, and the other side does without it;
 *   - no field, flag, error class or rule changes its meaning, and none is removed. The list of error classes is closed;
 *   - JSON may get further keys. One that restricts a query is a parameter; one that restricts an offer is in its capability;
 *   - there may be further shapes, forms, column types, checks, boards and periods. A host that does not know one of a
 *     capability leaves it out, and one that does not know one of a definition drops that offer and logs why;
 *   - the minor version rises with every addition. A plugin works with hosts of every minor version, and the other way round.
 *
 * Data sets are no part of the ABI: a plugin's manifest defines those that it offers.
 *
 * THE MANIFEST, as JSON. Only name, version and datasets are needed:
 *
 *     {"name": "tides", "title": "The harbour master", "version": "1.0.0", "failure_domain": "harbour",
 *      "blocking": false,
 *      "hosts": ["tides.example"], "quota": {"per_minute": 120, "burst": 5, "in_flight": 4},
 *      "datasets": [
 *        {"id": "cn_stock_daily", "priority": 5,
 *         "capability": {"boards": ["main", "star"], "adjusts": {"qfq": ["main"]}, "periods": ["day", "week"],
 *                        "last_bars": 1023, "precision": {"volume": 100, "amount": 0.5, "price": 0.005}}},
 *        {"id": "us_stock_five", "priority": 0, "title": "Five-minute bars of US listings", "shape": "series",
 *         "universe": {"name": "US listings", "bare": [{"form": "ticker", "venue": "us"}], "boards": ["us_stock"],
 *                      "known": ["AAPL.US"], "unknown": ["ZZZZZZ.US"]},
 *         "periods": ["5m"], "adjusts": true,
 *         "columns": [{"name": "symbol", "type": "label", "doc": "The listing."},
 *                     {"name": "time", "type": "time", "zone": "America/New_York", "doc": "The end of the bar."},
 *                     {"name": "close", "type": "float", "unit": "USD", "nullable": true, "doc": "The last price."}],
 *         "key": ["symbol", "time"], "keep": {"days": {"past": 3600, "now": 60}}, "pace": "quick",
 *         "checks": [{"requested": "symbol"}, "key", {"within": "time"}, {"at_least": ["close", 0.0]}],
 *         "example": {"symbol": "AAPL", "start": "2024-06-03"},
 *         "capability": {"adjusts": {"hfq": ["us_stock"]}, "days_back": 30}},
 *        {"id": "tides", "priority": 0, "title": "High tides", "shape": "free", "keep": {"for": 60},
 *         "params": [{"name": "port", "required": true, "doc": "the harbour"}],
 *         "columns": [{"name": "height", "type": "float", "unit": "m", "doc": "The height."}]}]}
 *
 * An offer with columns defines its data set. If the host has a data set of that id already, the offer is one more source of it
 * where shape and columns agree (names, types, nullability, order; titles and docs may differ), and is dropped where they do not.
 * An offer without columns is one of a data set that the host has.
 *
 *   shape     series (symbol, start, end, period, adjust), snapshot (symbols), listing (market, day), reports (symbol, start, end),
 *             events (start, end, symbol), keyword (text, limit), free (the params)
 *   universe  how a bare code is read (the first rule that fits: "ticker", {"digits": 6} or {"up_to_digits": 5}, and how it
 *             starts), which boards belong, and symbols that exist or do not; absent: any symbol with its venue
 *   periods   day, week, month, and minutes as 5m; the first is the default; absent: day
 *   scopes    of a listing: {"name": "star", "title": "the STAR market", "boards": ["star"]}; the first is the default
 *   dated     of a listing: whether it may be that of an earlier day
 *   type      text, label, date, time (with a zone; absent: Asia/Shanghai), float, int, bool
 *   keep      how long an answer may be kept, in seconds: "never", {"for": 60}, {"days": {"past": 3600, "now": 60}}
 *   pace      "quick", or {"sweep": {"attempt": 120, "call": 360}} for answers of many requests, in seconds
 *   checks    what every table must satisfy: "key", {"within": "time"}, {"requested": "symbol"}, "ohlc", {"positive": "x"},
 *             {"at_least": ["x", 0.0]}, {"finite": "x"}, {"session": "date"}, "unit_proof"
 *   capability  boards, adjusts, periods, scopes, last_bars, days_back, most_symbols, precision; an absent key restricts nothing,
 *             but adjusted prices are promised only for the boards that adjusts names
 *   boards    main, star, chi_next, beijing, b_share, fund, convertible, bond, repo, preferred, warrant, not_traded, index, publisher_index, hong_kong, us_stock, future, open_fund,
 *             sector, other
 *
 * Hosts and quota are for http_fetch: a plugin without hosts cannot use it.
 *
 * THE REQUEST, as JSON. The parameters of the query are text, by name, and one that has its default may be absent. "now" is when
 * the call began, and "today" is the day of it in China:
 *
 *     {"dataset": "cn_stock_daily", "now": "2024-06-28T07:00:00Z", "today": "2024-06-28",
 *      "query": {"symbol": "000001.SZ", "period": "day", "start": "2024-01-01"}}
 *     {"dataset": "cn_stock_quote", "now": "2024-06-28T07:00:00Z", "today": "2024-06-28",
 *      "query": {"symbols": "000001.SZ,600519.SH"}}
 *     {"dataset": "tides", "now": "2024-06-28T07:00:00Z", "today": "2024-06-28", "query": {"port": "Ningbo"}}
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

/* Error classes. They drive failover, so the list is closed: the host treats an unknown class as FV_PLUGIN. FvError says more.
 * The columns say what the host does:                                          | next source | counts in the circuit breaker */
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
  FV_BLOCKED = 9,       /* the vendor refused us: 403, a login wall, a ban      |     yes     |     yes */
  FV_DECODE = 10,       /* the answer does not have the expected shape          |     yes     |     yes */
  FV_INVALID = 11,      /* the right shape, and it breaks an invariant          |     yes     |     yes */
  FV_PLUGIN = 12,       /* a bug: a panic, or a broken contract                 |     yes     |     yes */
  FV_THROTTLED = 13,    /* our own rate limit leaves no room in time            |     yes     |     no  */
  FV_CANCELLED = 14     /* cancel() took effect; without one, a bug             |      -      |      -  */
};

/* FvError.flags */
enum {
  FV_ERROR_UNREACHABLE = 1, /* no connection was made: no name, no route, no listener */
  FV_ERROR_PANICKED = 2     /* a panic or an exception was caught; the host stops asking a plugin that repeats it */
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

/* A GET request. It belongs to a call of fetch() that is under way, must fit into its time, and ends with it. A call may make
 * 200 of them. */
typedef struct FvHttpRequest {
  uint32_t struct_size;
  uint32_t flags;      /* 0 */
  uint64_t request_id; /* that of the FvRequest that it serves */
  FvStr url;           /* https://host/path, the host being one of the manifest's */
  const FvHeader *headers;
  size_t n_headers;
  const uint16_t *reads; /* statuses besides 200 whose body the plugin reads itself, such as a 404 that says "unknown" */
  size_t n_reads;
  uint64_t max_body; /* an answer with more bytes is FV_DECODE; 0: 8 MiB */
  uint32_t pages;    /* the number of requests to this host that are sent together, from this one on: FV_THROTTLED at once if
                        they cannot all be sent in time; 0 is 1 */
  uint32_t reserved; /* 0 */
} FvHttpRequest;

typedef struct FvHttpResponse {
  uint32_t struct_size;
  int32_t status;         /* 0: there was no answer */
  const FvError *error;   /* NULL where the status is 200 or among `reads`; else what it means, ready to be handed on */
  int64_t retry_after_ms; /* negative: the answer did not say */
  int64_t at_ms;          /* when it arrived, now or when it was recorded: milliseconds since 1970 in UTC; negative: unknown */
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
  /* Reports how far a call has come: answers that are there, and those that are known to be needed. For people who wait. */
  void (*report)(void *ctx, uint64_t request_id, uint32_t done, uint32_t known);
} FvHost;

/* A table of the host that is smaller than this is refused. */
#define FV_HOST_MIN_SIZE (offsetof(FvHost, report) + sizeof(void *))

/* ---- One call -------------------------------------------------------------------------------------------------------- */
/* FvRequest.flags */
enum { FV_REQUEST_SWEEP = 1 /* many requests, for which interactive calls do not wait; the time is longer */ };

typedef struct FvRequest {
  uint32_t struct_size;
  uint32_t flags;      /* FV_REQUEST_SWEEP */
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

/* What answering a query would take, for a plan that is made before any source is asked. */
typedef struct FvForecast {
  uint32_t struct_size; /* set by the host */
  uint32_t requests;    /* HTTP requests, as far as is known before the first answer, which may need more */
  uint32_t host;        /* whose rate limit they wait for: its place among the manifest's hosts, from 0 */
  uint32_t reserved;    /* 0 */
  int64_t wait_ms;      /* how long limits of the plugin's own would hold back the last of them; the host adds its own */
} FvForecast;

/* ctx is a number of the host's, and points to nothing. */
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
  /* May be NULL. What answering this request would take: FV_OK and *forecast filled in, or a class where that is not known. It
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
