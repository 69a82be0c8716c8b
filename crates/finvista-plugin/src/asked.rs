//! The request of a call, as JSON.

use finvista_core::dataset::{CnStockDaily, CnStockQuote, Dataset};
use finvista_core::{DatasetId, ErrorKind, Params, Query, SourceError};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What is asked of a plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The day in China, or that of the recording that is replayed.
    pub today: Date,
    /// The query.
    pub query: Query,
}

#[derive(Serialize, Deserialize)]
struct Wire {
    dataset: String,
    today: Date,
    query: Value,
}

impl Asked {
    /// The request as it crosses the boundary:
    /// `{"dataset":"cn_stock_quote","today":"2024-06-28","query":{"symbols":["000001.SZ"]}}`.
    ///
    /// # Errors
    ///
    /// When the query cannot be written, which no query of today is.
    pub fn to_json(&self) -> Result<String, SourceError> {
        let dataset = self.query.dataset().to_string();
        let unwritten = |e: serde_json::Error| {
            SourceError::new(ErrorKind::Plugin, format!("the query cannot be written: {e}"))
        };
        let query = match &self.query {
            Query::Custom(custom) => serde_json::to_value(&custom.params).map_err(unwritten)?,
            // A query of ours is an object of one key, the data set's.
            query => match serde_json::to_value(query).map_err(unwritten)? {
                Value::Object(tagged) => tagged.into_iter().next().map_or(Value::Null, |(_, query)| query),
                other => other,
            },
        };
        serde_json::to_string(&Wire { dataset, today: self.today, query }).map_err(unwritten)
    }

    /// Reads a request.
    ///
    /// # Errors
    ///
    /// [`Plugin`](ErrorKind::Plugin) for what is no request, and [`Unsupported`](ErrorKind::Unsupported) for a query that this
    /// version cannot read: a key that it does not know is a wish that it would not fulfil.
    pub fn from_json(json: &str) -> Result<Self, SourceError> {
        let Wire { dataset, today, query } = serde_json::from_str(json)
            .map_err(|e| SourceError::new(ErrorKind::Plugin, format!("no request: {e}")))?;
        let unread = |e: serde_json::Error| {
            SourceError::new(
                ErrorKind::Unsupported,
                format!("a query of {dataset} that is not known here: {e}"),
            )
        };
        let query = if [CnStockDaily::SPEC.id, CnStockQuote::SPEC.id].contains(&dataset.as_str()) {
            let tagged = Map::from_iter([(dataset.clone(), query)]);
            serde_json::from_value(Value::Object(tagged)).map_err(unread)?
        } else {
            let params: Params = serde_json::from_value(query).map_err(unread)?;
            Query::custom(DatasetId::from(dataset), params)
        };
        Ok(Self { today, query })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use finvista_core::dataset::{CnStockDailyQuery, CnStockQuoteQuery};
    use finvista_core::{Adjust, DateRange, Symbol};
    use jiff::civil::date;

    #[test]
    fn every_query_crosses_whole() {
        let symbol = || Symbol::stock("000001").unwrap();
        let range = DateRange::new(Some(date(2024, 1, 1)), None).unwrap();
        let queries: [Query; 3] = [
            CnStockDailyQuery::new(symbol(), range, Adjust::Hfq).unwrap().into(),
            CnStockQuoteQuery::new([symbol(), Symbol::stock("600519").unwrap()]).unwrap().into(),
            Query::custom(DatasetId::new("tide_table"), [("port", "Ningbo")]),
        ];
        for query in queries {
            let asked = Asked { today: date(2024, 6, 28), query };
            let json = asked.to_json().unwrap();
            assert_eq!(Asked::from_json(&json).unwrap(), asked, "{json}");
        }
    }

    #[test]
    fn the_header_shows_what_is_sent() {
        let range = DateRange::new(Some(date(2024, 1, 1)), None).unwrap();
        let query = CnStockDailyQuery::new(Symbol::stock("000001").unwrap(), range, Adjust::None).unwrap();
        let json = Asked { today: date(2024, 6, 28), query: query.into() }.to_json().unwrap();
        let header = include_str!("../include/finvista_plugin.h").replace("\n *", "").replace(' ', "");
        let mut shown: Vec<Value> = Vec::new();
        for (index, _) in header.match_indices("{\"dataset\":") {
            let mut values = serde_json::Deserializer::from_str(header.get(index..).unwrap()).into_iter();
            shown.push(values.next().unwrap().unwrap());
        }
        assert_eq!(shown[0], serde_json::from_str::<Value>(&json).unwrap());
        assert_eq!(shown.len(), 3);
        for value in shown {
            Asked::from_json(&value.to_string()).unwrap();
        }
    }

    #[test]
    fn a_wish_that_is_not_known_is_not_ignored() {
        let json = r#"{"dataset":"cn_stock_quote","today":"2024-06-28","query":{"symbols":[],"depth":10}}"#;
        assert_eq!(Asked::from_json(json).unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(Asked::from_json("{}").unwrap_err().kind(), ErrorKind::Plugin);
        let newer = r#"{"dataset":"tide","today":"2024-06-28","query":{},"trace":"x"}"#;
        assert!(Asked::from_json(newer).is_ok());
    }
}
