//! What the chaos asks, and what each vendor answers when nothing is wrong: proven against the market's truth once, and from
//! then on the only answer of that vendor that is right.

use finvista::{Adjust, CallOptions, CnStockQuote, DateRange, Query, RecordBatch, Symbol, Table};
use finvista_testkit::{Instrument, Vendor};
use jiff::ToSpan;
use jiff::civil::date;

use crate::support::{Bench, UNTIL, daily_query, days, quote_query, stocks};
use crate::truth::{assert_daily, assert_quote, symbol};

/// One query, and the answer of each vendor in the order of [`Vendor::ALL`]: `None` where it has none.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) query: Query,
    right: [Option<(RecordBatch, Vec<Symbol>)>; 3],
}

impl Question {
    /// Whether the vendor can answer it at all.
    pub(super) fn is_for(&self, vendor: usize) -> bool {
        self.right[vendor].is_some()
    }

    /// Whether this is the right answer of the source that it names.
    pub(super) fn is_right(&self, table: &Table) -> bool {
        let place = Vendor::ALL.iter().position(|vendor| vendor.to_string() == table.source());
        let right = place.and_then(|place| self.right[place].as_ref());
        right.is_some_and(|(batch, missing)| batch == table.batch() && *missing == table.provenance().missing)
    }
}

/// `count` questions from this seed, each asked of every vendor while all are healthy.
pub(super) async fn questions(bench: &Bench, seed: u64, count: usize) -> Vec<Question> {
    let mut dice = fastrand::Rng::with_seed(seed);
    let listed = stocks(bench.market());
    let mut questions = Vec::new();
    for number in 0..count {
        let asked = Asked::new(&mut dice, &listed, number);
        let mut right = [None, None, None];
        for (right, vendor) in right.iter_mut().zip(Vendor::ALL) {
            let options = CallOptions { source: Some(vendor.to_string()), ..CallOptions::default() };
            if let Ok(table) = bench.fv.fetch_with(&asked.query(), &options).await {
                asked.assert_truth(&table, vendor);
                *right = Some((table.batch().clone(), table.provenance().missing.clone()));
            }
        }
        questions.push(Question { query: asked.query(), right });
    }
    questions
}

enum Asked<'a> {
    Daily(&'a Instrument, DateRange, Adjust),
    Quotes(Vec<&'a Instrument>),
    /// An unknown share.
    Nothing(bool),
}

impl<'a> Asked<'a> {
    fn new(dice: &mut fastrand::Rng, listed: &[&'a Instrument], number: usize) -> Self {
        let mut any = || listed[dice.usize(..listed.len())];
        match number % 8 {
            0 => Self::Nothing(number.is_multiple_of(16)),
            1..4 => Self::Quotes((0..number % 5 + 1).map(|_| any()).collect()),
            _ => {
                let instrument = any();
                let ago = |days: i32| UNTIL.checked_sub(days.days()).unwrap();
                let start = ago(dice.i32(0..120));
                let range = match number {
                    // Many pages; rare, because it is slow.
                    4 => DateRange::new(Some(ago(400)), None).unwrap(),
                    // A weekend: known, and without a row.
                    12 => days(date(2024, 6, 1), date(2024, 6, 2)),
                    _ if dice.u8(..4) == 0 => DateRange::new(Some(start), None).unwrap(),
                    _ => days(start, start.checked_add(dice.i32(0..60).days()).unwrap().min(UNTIL)),
                };
                let adjusts = [Adjust::None, Adjust::None, Adjust::Qfq, Adjust::Hfq];
                Self::Daily(instrument, range, adjusts[dice.usize(..4)])
            }
        }
    }

    fn query(&self) -> Query {
        let of = |instrument: &Instrument| symbol(instrument).parse::<Symbol>().unwrap();
        let nothing: Symbol = "605999.SH".parse().unwrap();
        match self {
            Self::Daily(instrument, range, adjust) => daily_query(&symbol(instrument), *range, *adjust),
            Self::Quotes(instruments) => {
                // One of them is unknown, which does not affect the others.
                let symbols = instruments.iter().map(|it| of(it)).chain([nothing]);
                quote_query(symbols)
            }
            Self::Nothing(true) => quote_query([nothing]),
            Self::Nothing(false) => {
                let range = DateRange::new(Some(date(2024, 1, 1)), None).unwrap();
                daily_query("605999.SH", range, Adjust::None)
            }
        }
    }

    fn assert_truth(&self, table: &Table, vendor: Vendor) {
        match self {
            Self::Daily(instrument, range, adjust) => {
                assert_daily(&table.clone().typed().unwrap(), vendor, instrument, *range, *adjust)
            }
            Self::Quotes(instruments) => {
                for row in &table.clone().typed::<CnStockQuote>().unwrap() {
                    let instrument = instruments.iter().find(|it| symbol(it) == row.symbol);
                    assert_quote(&row, vendor, instrument.unwrap());
                }
                let known = table.num_rows() + table.provenance().missing.len();
                assert_eq!(known, self.query().symbols().len(), "{vendor} {}", self.query());
                assert!(table.provenance().missing.iter().any(|it| it.code() == "605999"));
            }
            Self::Nothing(_) => panic!("{vendor} answered for an unknown share"),
        }
    }
}
