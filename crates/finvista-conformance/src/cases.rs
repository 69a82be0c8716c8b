//! The cases, in the order of the report.

mod adjusted;
mod calls;
mod faults;
mod promise;
mod ranges;
mod symbols;
mod truth;

use crate::bench::{Bench, Offered};
use crate::report::{Case, Checked, Outcome};
use crate::subject::Subject;

/// Puts the source through every case.
pub(crate) async fn run(bench: &Bench, subject: &Subject) -> Vec<Case> {
    let mut cases = vec![case("who it is and what it offers", None, promise::identity(bench, subject))];
    for offer in &bench.source.info().offers {
        let offered = match bench.offered(subject, offer).await {
            Ok(offered) => offered,
            Err(why) => {
                let dataset = offer.dataset.to_string();
                let outcome = Outcome::Failed(why);
                cases.push(Case { name: "data set".to_owned(), dataset: Some(dataset), outcome });
                continue;
            }
        };
        cases.extend(of_dataset(bench, &offered).await);
    }
    cases
}

async fn of_dataset(bench: &Bench, offered: &Offered) -> Vec<Case> {
    let case = |name: &str, checked: Checked| case(name, Some(offered.spec.id), checked);
    let mut cases = vec![
        case("what is promised is answered", promise::answered(bench, offered)),
        case("the first and the last row are as expected", promise::expected(bench, offered)),
        case("units and invariants", promise::invariants(bench, offered)),
        case("promised adjustments are answered", adjusted::adjustments(bench, offered).await),
        case("promised periods are answered", promise::periods(bench, offered).await),
        case("what is not promised is refused", promise::refusals(bench, offered).await),
        case("an unknown symbol is NotFound", symbols::unknown(bench, offered).await),
        case("suspended instruments", symbols::suspended(bench, offered).await),
        case("a batch larger than the vendor's", symbols::batch(bench, offered).await),
        case("a range without a trading day is NoData", ranges::weekend(bench, offered).await),
        case("a long range is whole", ranges::long(bench, offered).await),
    ];
    for (fault, checked) in faults::all(bench, offered).await {
        cases.push(case(&format!("fault {fault}"), checked));
    }
    cases.push(case("a fetch ends in its time", calls::time(bench, offered).await));
    cases.push(case("a dropped fetch leaves nothing behind", calls::dropped(bench, offered).await));
    cases.push(case("many at once get the same tables", calls::at_once(bench, offered).await));
    cases.push(case("memory stays flat", calls::memory(bench, offered).await));
    cases
}

fn case(name: &str, dataset: Option<&str>, checked: Checked) -> Case {
    let outcome = checked.err().unwrap_or(Outcome::Passed);
    Case { name: name.to_owned(), dataset: dataset.map(str::to_owned), outcome }
}
