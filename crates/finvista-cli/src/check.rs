//! `plugin check`: puts a plugin through the conformance suite.

use std::path::Path;
use std::sync::Arc;

use finvista::http::{HttpClient, HttpGuest};
use finvista::loader::{HttpNeeds, LoadError, Plugin, PluginSource};
use finvista::{DatasetId, Error, InvalidInput, Query};
use finvista_conformance::{Subject, check};

use crate::args::Args;
use crate::failure::Failure;
use crate::{data, output, plugin};

pub(crate) async fn run(args: &Args, file: &Path, samples: &[String]) -> Result<(), Failure> {
    let (library, config) = plugin::load(args, file)?;
    // A first look: its hosts and its data sets.
    let look = library.open(&config, plugin::known, |_| None)?;
    let samples: Result<Vec<Query>, InvalidInput> = samples.iter().map(|text| sample(&look, text)).collect();
    let samples = samples.map_err(Error::from)?;
    let live = args.http()?;
    let made = move |client: &Arc<HttpClient>| {
        let source = open(library, &config, client).map_err(|e| e.to_string())?;
        Ok(Arc::new(source) as _)
    };
    let subject = Subject::over_http(look.hosts().iter().copied(), made)
        .datasets(look.datasets().iter().copied())
        .live(Arc::new(live));
    let report = check(&samples.into_iter().fold(subject, Subject::sample)).await;
    output::text(&report.to_string())?;
    if report.passed() { Ok(()) } else { Err(Failure::Told(1)) }
}

fn open(library: &'static Plugin, config: &str, client: &Arc<HttpClient>) -> Result<PluginSource, LoadError> {
    library.open(config, plugin::known, |needs: &HttpNeeds<'_>| {
        Some(Arc::new(HttpGuest::new(Arc::clone(client), needs.name, needs.hosts, needs.quota)) as _)
    })
}

/// A data set and its parameters, as `get` takes them: words of a shell, so that a value with spaces is quoted.
fn sample(source: &PluginSource, text: &str) -> Result<Query, InvalidInput> {
    let wrong = |why: String| InvalidInput::new(format!("sample {text:?}: {why}"));
    let words = shlex::split(text).ok_or_else(|| wrong("a quotation mark is not closed".to_owned()))?;
    let mut words = words.iter().map(String::as_str);
    let dataset = DatasetId::from(words.next().unwrap_or_default().to_owned());
    let spec = source.spec(&dataset).ok_or_else(|| wrong(format!("it has no data set {dataset}")))?;
    let params = data::params(words).map_err(|error| {
        wrong(format!("{error}; a value with spaces is quoted, as in {dataset} key=\"a b\""))
    })?;
    spec.parse(&params)
}
