//! The request of a call, as JSON.

use finvista_core::{DatasetSpec, ErrorKind, Params, Query, SourceError, Zone};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a plugin is asked: a data set, the parameters of the query as text, and the instant of the call.
///
/// ```
/// use finvista_core::dataset::Dataset;
/// use finvista_datasets::CnStockDaily;
/// use finvista_plugin::PluginRequest;
///
/// let params = [("symbol", "000001"), ("start", "2024-01-01")].map(|(n, v)| (n.to_owned(), v.to_owned()));
/// let query = CnStockDaily::SPEC.parse(&params.into())?;
/// let request = PluginRequest::new("2024-06-28T07:00:00Z".parse()?, &query);
/// assert_eq!(
///     request.to_json()?,
///     r#"{"dataset":"cn_stock_daily","now":"2024-06-28T07:00:00Z","today":"2024-06-28","query":{"period":"day","start":"2024-01-01","symbol":"000001.SZ"}}"#,
/// );
/// assert_eq!(request.query(CnStockDaily::SPEC)?, query);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginRequest {
    /// The data set.
    pub dataset: String,
    /// When the call began, or an instant on the day of the recording that is replayed.
    pub now: Timestamp,
    /// The parameters of the query.
    pub params: Params,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    dataset: String,
    now: Timestamp,
    /// For a plugin without a calendar.
    #[serde(default)]
    today: Date,
    query: Value,
}

impl PluginRequest {
    /// The request for a query.
    pub fn new(now: Timestamp, query: &Query) -> Self {
        Self { dataset: query.dataset().to_string(), now, params: query.to_params() }
    }

    /// The day in China.
    pub fn today(&self) -> Date {
        Zone::Shanghai.day(self.now)
    }

    /// The request as it crosses the boundary.
    ///
    /// # Errors
    ///
    /// [`Plugin`](ErrorKind::Plugin) when it cannot be written as JSON, which no request of text and numbers is known to do.
    pub fn to_json(&self) -> Result<String, SourceError> {
        let query = serde_json::to_value(&self.params);
        let wire = |query| Wire { dataset: self.dataset.clone(), now: self.now, today: self.today(), query };
        query.and_then(|query| serde_json::to_string(&wire(query))).map_err(|e| {
            SourceError::new(ErrorKind::Plugin, format!("the request cannot be written as JSON: {e}"))
        })
    }

    /// Reads a request.
    ///
    /// # Errors
    ///
    /// [`Plugin`](ErrorKind::Plugin) when it is not a request, and [`Unsupported`](ErrorKind::Unsupported) when a parameter is
    /// not text: a later version of the ABI may have such a parameter, and ignoring it would answer another query.
    pub fn from_json(json: &str) -> Result<Self, SourceError> {
        let Wire { dataset, now, query, .. } = serde_json::from_str(json).map_err(|e| {
            SourceError::new(ErrorKind::Plugin, format!("expected the request of a call, got {json:?}: {e}"))
        })?;
        let params = serde_json::from_value(query).map_err(|e| {
            SourceError::new(ErrorKind::Unsupported, format!("expected parameters of {dataset} as text: {e}"))
        })?;
        Ok(Self { dataset, now, params })
    }

    /// The query, by this definition of the data set.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](ErrorKind::Unsupported) when the definition does not have a parameter, or does not take its value: the
    /// host may know more of the data set than this plugin does.
    pub fn query(&self, spec: &DatasetSpec) -> Result<Query, SourceError> {
        spec.parse(&self.params).map_err(|e| SourceError::new(ErrorKind::Unsupported, e.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use finvista_core::dataset::Dataset;
    use finvista_core::{CN_STOCKS, ParamSpec, Period, Scope, ShapeKind};
    use finvista_datasets::{CnStockDaily, CnStockQuote};

    fn now() -> Timestamp {
        "2024-06-28T07:00:00Z".parse().unwrap()
    }

    fn params(pairs: &[(&str, &str)]) -> Params {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn spec(shape: ShapeKind) -> DatasetSpec {
        static PARAMS: [ParamSpec; 1] = [ParamSpec::required("port", "the harbour")];
        const SCOPES: &[Scope] = &[
            Scope { name: "all", title: "everything", boards: CN_STOCKS.boards },
            Scope { name: "star", title: "the STAR market", boards: CN_STOCKS.boards },
        ];
        DatasetSpec::new("theirs", "A data set of every shape", shape, &[])
            .universe(&CN_STOCKS)
            .periods(&[Period::Day, Period::Minutes(5)])
            .adjusts()
            .scopes(SCOPES)
            .dated()
            .params(&PARAMS)
    }

    #[test]
    fn a_query_of_every_shape_crosses_as_flat_text() {
        let days = [("start", "2024-01-01"), ("end", "2024-06-28")];
        let cases: [(ShapeKind, &[(&str, &str)]); 12] = [
            (ShapeKind::Series, &[("symbol", "000001")]),
            (ShapeKind::Series, &[("symbol", "600519"), ("period", "5m"), ("adjust", "hfq"), days[0]]),
            (ShapeKind::Snapshot, &[("symbols", "600519,000001.SZ,688981")]),
            (ShapeKind::Listing, &[]),
            (ShapeKind::Listing, &[("market", "star"), ("day", "2024-06-27")]),
            (ShapeKind::Reports, &[("symbol", "300750"), days[0], days[1]]),
            (ShapeKind::Events, &[]),
            (ShapeKind::Events, &[("symbol", "510300"), days[1]]),
            (ShapeKind::Keyword, &[("text", "平安 \"bank\"\\")]),
            (ShapeKind::Keyword, &[("text", "payh"), ("limit", "3")]),
            (ShapeKind::Free, &[("port", "Ningbo")]),
            (ShapeKind::Free, &[("port", "宁波\n")]),
        ];
        for (shape, given) in cases {
            let spec = spec(shape);
            let query = spec.parse(&params(given)).unwrap();
            let request = PluginRequest::new(now(), &query);
            let json = request.to_json().unwrap();
            let read = PluginRequest::from_json(&json).unwrap();
            assert_eq!(read, request, "{json}");
            assert_eq!(read.query(&spec).unwrap(), query, "{json}");
            let value: Value = serde_json::from_str(&json).unwrap();
            assert!(value["query"].as_object().unwrap().values().all(Value::is_string), "{json}");
        }
    }

    #[test]
    fn the_header_shows_what_is_sent() {
        let header = include_str!("../include/finvista_plugin.h").replace("\n *", "");
        let mut shown = Vec::new();
        for (index, _) in header.match_indices("{\"dataset\":") {
            let mut values = serde_json::Deserializer::from_str(header.get(index..).unwrap()).into_iter();
            let value: Value = values.next().unwrap().unwrap();
            let request = PluginRequest::from_json(&value.to_string()).unwrap();
            // Nothing is shown that is not sent.
            assert_eq!(serde_json::from_str::<Value>(&request.to_json().unwrap()).unwrap(), value);
            shown.push(request);
        }
        let [daily, quote, tides] = &shown[..] else { panic!("{} requests", shown.len()) };
        for (request, spec) in [(daily, CnStockDaily::SPEC), (quote, CnStockQuote::SPEC)] {
            let query = request.query(spec).unwrap();
            assert_eq!(query.to_params(), request.params);
        }
        assert_eq!(tides.params, params(&[("port", "Ningbo")]));
    }

    #[test]
    fn an_unknown_parameter_or_value_is_not_ignored() {
        let read = |query: &str| {
            let json =
                format!(r#"{{"dataset":"cn_stock_quote","now":"2024-06-28T07:00:00Z","query":{query}}}"#);
            PluginRequest::from_json(&json).and_then(|request| request.query(CnStockQuote::SPEC))
        };
        assert!(read(r#"{"symbols":"000001"}"#).is_ok());
        for query in [
            r#"{"symbols":"000001","depth":"10"}"#,
            r#"{"symbols":"000001","depth":10}"#,
            r#"{"symbols":"unknown"}"#,
            r#"{}"#,
        ] {
            assert_eq!(read(query).unwrap_err().kind(), ErrorKind::Unsupported, "{query}");
        }
        assert_eq!(PluginRequest::from_json("{}").unwrap_err().kind(), ErrorKind::Plugin);
        let newer = r#"{"dataset":"tides","now":"2024-06-28T07:00:00Z","query":{},"trace":"x"}"#;
        assert!(PluginRequest::from_json(newer).is_ok());
    }
}
