use super::*;
use jiff::civil::date;

fn markets() -> impl Iterator<Item = Market> {
    (0..4).map(|seed| Market::new(seed, date(2024, 6, 28)))
}

#[test]
fn one_seed_gives_one_market_and_another_seed_another() {
    let (a, b, c) = (
        Market::new(3, date(2024, 1, 5)),
        Market::new(3, date(2024, 1, 5)),
        Market::new(4, date(2024, 1, 5)),
    );
    for ((a, b), c) in a.instruments().iter().zip(b.instruments()).zip(c.instruments()) {
        assert_eq!(a.bars(), b.bars());
        assert_eq!(a.quote(), b.quote());
        assert!(a.bars().is_empty() || a.bars() != c.bars(), "{}", a.prefixed());
    }
}

#[test]
fn until_only_truncates() {
    let (short, long) = (Market::new(5, date(2021, 3, 10)), Market::new(5, date(2024, 6, 28)));
    for (short, long) in short.instruments().iter().zip(long.instruments()) {
        // The young one begins elsewhere and the one at its limit differs on the last day: by design.
        let shown = short.bars().len().saturating_sub(1);
        for bar in &short.bars()[..shown] {
            match long.bars().binary_search_by_key(&bar.date, |b| b.date) {
                Ok(index) => assert_eq!(bar, &long.bars()[index], "{}", short.prefixed()),
                Err(_) => assert_eq!(short.code, "301632"),
            }
        }
    }
}

#[test]
fn bars_keep_the_rules_of_the_exchange() {
    for market in markets() {
        for instrument in market.instruments() {
            let name = instrument.prefixed();
            assert!(instrument.bars().is_sorted_by(|a, b| a.date < b.date), "{name}");
            let unit = 10_i64.pow(instrument.decimals);
            let mut before = instrument.issue_price;
            for bar in instrument.bars() {
                assert!(market.is_trading_day(bar.date) && bar.date <= market.until());
                assert!(0 < bar.low && bar.low <= bar.open && bar.open <= bar.high, "{name} {bar:?}");
                assert!(bar.low <= bar.close && bar.close <= bar.high, "{name} {bar:?}");
                assert!(bar.volume > 0 && bar.amount > 0 && bar.turnover >= 0, "{name} {bar:?}");
                if instrument.kind == Kind::Index {
                    assert_eq!(bar.volume % 100, 0);
                    continue;
                }
                let paid = bar.amount * unit;
                assert!(bar.low * bar.volume * 100 <= paid && paid <= bar.high * bar.volume * 100, "{name}");
                let reference =
                    instrument.events().iter().find(|e| e.date == bar.date).map_or(before, |e| e.reference);
                let percent = match instrument.kind {
                    Kind::Beijing => 30,
                    Kind::Star | Kind::ChiNext => 20,
                    _ => 10,
                };
                assert!(
                    (bar.high - reference) * 100 <= reference * percent + 50,
                    "{name} {bar:?} {reference}"
                );
                assert!(
                    (reference - bar.low) * 100 <= reference * percent + 50,
                    "{name} {bar:?} {reference}"
                );
                before = bar.close;
            }
        }
    }
}

#[test]
fn ex_dates_drop_the_price_by_their_factor() {
    let (mut cash, mut shares) = (0, 0);
    for market in markets() {
        for instrument in market.instruments() {
            for event in instrument.events() {
                assert!(event.factor >= 1.0 && event.reference <= event.previous_close);
                let at = instrument.bars().binary_search_by_key(&event.date, |b| b.date).unwrap();
                assert_eq!(instrument.bars()[at - 1].close, event.previous_close);
                cash += usize::from(event.cash_per_10 > 0);
                shares += usize::from(event.shares_per_10 > 0);
            }
        }
    }
    assert!(cash > 200 && shares > 10, "{cash} {shares}");
}

#[test]
fn adjusted_series_meet_the_raw_one_at_their_end() {
    let market = Market::new(2, date(2024, 6, 28));
    let instrument = market.instrument("sh600000").unwrap();
    let raw = instrument.adjusted(Adjust::None);
    let (qfq, hfq) = (instrument.adjusted(Adjust::Qfq), instrument.adjusted(Adjust::Hfq));
    assert_eq!(raw.last(), qfq.last());
    assert_eq!(raw.first(), hfq.first());
    let total: f64 = instrument.events().iter().map(|e| e.factor).product();
    for ((raw, qfq), hfq) in raw.iter().zip(&qfq).zip(&hfq) {
        assert!((hfq.close / qfq.close / total - 1.0).abs() < 1e-12);
        assert!(qfq.close <= raw.close && raw.close <= hfq.close);
    }
}

#[test]
fn quotes_show_the_states_of_the_day() {
    let market = Market::new(9, date(2024, 6, 30));
    assert_eq!(market.until(), date(2024, 6, 30));
    let quote = |code: &str| market.instrument(code).unwrap().quote().clone();
    for instrument in market.instruments().iter().filter(|i| i.state == State::Trading) {
        let (quote, bar) = (instrument.quote(), instrument.bars().last().unwrap());
        assert_eq!((quote.price, quote.volume), (Some(bar.close), bar.volume));
        assert_eq!(bar.date, date(2024, 6, 28), "until is a Sunday");
        for (bid, ask) in quote.bids.iter().zip(&quote.asks) {
            assert!(bid.price <= bar.close && (ask.price == 0 || ask.price >= bar.close));
        }
    }
    let limit_up = quote("sh600107");
    assert_eq!(limit_up.price, limit_up.limits.map(|l| l.0));
    assert!(limit_up.asks.iter().all(|ask| ask.volume == 0) && limit_up.bids[0].volume > 0);
    let suspended = quote("sz002150");
    assert_eq!((suspended.price, suspended.volume), (None, 0));
    assert!(suspended.pre_close.is_some());
    assert_eq!(quote("sz002710").pre_close, None);
    let auction = quote("sz002241");
    assert_eq!(auction.open, None);
    assert_eq!(auction.price, Some(auction.bids[0].price));
    assert_eq!(market.instrument("sz301632").unwrap().bars().len(), 200);
    assert!(market.instrument("bj920445").unwrap().bars().iter().any(|b| b.volume < 100));
    let halted = market.instrument("sz002150").unwrap().bars();
    assert!(halted.windows(2).any(|w| w[0].date.until(w[1].date).unwrap().get_days() > 150));
    assert!(market.instrument("sz000981").unwrap().events().is_empty());
}

#[test]
fn nothing_trades_before_the_first_day() {
    let market = Market::new(1, date(2014, 1, 1));
    assert!(market.instruments().iter().all(|i| i.bars().is_empty()));
    assert!(market.instrument("sz").is_none() && market.instrument("万").is_none());
}

#[test]
fn the_end_of_time_is_reached_in_good_order() {
    let market = Market::new(u64::MAX, Date::MAX);
    let bank = market.instrument("sz000001").unwrap();
    assert_eq!(bank.bars().last().unwrap().date, date(2099, 12, 31));
    assert!(market.instruments().iter().flat_map(Instrument::bars).all(|bar| bar.low > 0 && bar.amount > 0));
}

#[test]
fn the_minutes_of_a_day_add_up_to_it() {
    let market = Market::new(6, date(2024, 6, 28));
    let (mut days, mut in_one_minute) = (0, 0);
    for instrument in market.instruments() {
        let per_fen = if instrument.decimals == 3 { 10 } else { 1 };
        for bar in instrument.bars().iter().rev().take(40) {
            let name = format!("{} {}", instrument.prefixed(), bar.date);
            let minutes = instrument.minutes(bar.date, 1);
            assert_eq!(minutes.len(), 240);
            assert!(
                minutes.is_sorted_by(|a, b| a.end < b.end && b.open == a.close || b.volume > 0),
                "{name}"
            );
            for minute in &minutes {
                assert!(minute.low <= minute.open.min(minute.close), "{name} {minute:?}");
                assert!(minute.open.max(minute.close) <= minute.high, "{name} {minute:?}");
                assert_eq!(minute.volume == 0, minute.amount == 0, "{name} {minute:?}");
                let paid = minute.amount * per_fen;
                let fits = minute.low * minute.volume <= paid && paid <= minute.high * minute.volume;
                assert!(fits || instrument.kind == Kind::Index, "{name} {minute:?}");
            }
            days += 1;
            in_one_minute += usize::from(minutes[1].volume == 0);
            for size in [1, 5, 15, 30, 60] {
                let bars = instrument.minutes(bar.date, size);
                assert_eq!(bars.len(), 240 / size);
                assert_eq!(bars.first().map(|b| b.open), Some(bar.open), "{name}");
                assert_eq!(bars.last().map(|b| b.close), Some(bar.close), "{name}");
                assert_eq!(bars.iter().map(|b| b.high).max(), Some(bar.high), "{name}");
                assert_eq!(bars.iter().map(|b| b.low).min(), Some(bar.low), "{name}");
                assert_eq!(bars.iter().map(|b| b.volume).sum::<i64>(), bar.volume, "{name}");
                assert_eq!(bars.iter().map(|b| b.amount).sum::<i64>(), bar.amount, "{name}");
            }
        }
    }
    // Only the thin trade of one small share is in one minute.
    assert!(days > 1200 && (1..=80).contains(&in_one_minute), "{days} {in_one_minute}");
}

#[test]
fn minutes_are_labelled_by_their_ends() {
    let market = Market::new(6, date(2024, 6, 28));
    let bank = market.instrument("sz000001").unwrap();
    let ends = |size: usize| {
        let bars = bank.minutes(date(2024, 6, 28), size);
        bars.iter().map(|bar| bar.end.time().strftime("%H:%M").to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ends(60), ["10:30", "11:30", "14:00", "15:00"]);
    assert_eq!((&*ends(1)[0], &*ends(1)[119], &*ends(1)[120]), ("09:31", "11:30", "13:01"));
    assert_eq!(ends(5).len(), 48);
    assert!(bank.minutes(date(2024, 6, 29), 5).is_empty());
}

#[test]
fn a_session_under_way_holds_what_has_traded_so_far() {
    let day = date(2024, 6, 28);
    let closed = Market::new(6, day);
    for (clock, count, running) in [
        (time(9, 30, 20, 0), 1, true),
        (time(10, 17, 30, 0), 48, true),
        (time(10, 20, 0, 0), 50, false),
        (time(12, 15, 0, 0), 120, false),
        (time(14, 59, 59, 0), 240, true),
    ] {
        let market = Market::at(6, day.to_datetime(clock));
        for (now, whole) in market.instruments().iter().zip(closed.instruments()) {
            if whole.state != State::Trading {
                assert_eq!(now.bars(), whole.bars());
                continue;
            }
            let (minutes, all) = (now.minutes(day, 1), whole.minutes(day, 1));
            let done = count - usize::from(running);
            assert_eq!(minutes.len(), count, "{} {clock}", now.prefixed());
            assert_eq!(minutes[..done], all[..done], "{} {clock}", now.prefixed());
            let last = minutes[count - 1];
            assert!(last.end == all[count - 1].end && last.volume <= all[count - 1].volume);
            assert!(last.low >= all[count - 1].low && last.high <= all[count - 1].high);
            assert_eq!(now.minutes(day, 60).len(), count.div_ceil(60));
            let (bar, quote) = (now.bars().last().unwrap(), now.quote());
            assert_eq!((bar.date, bar.volume), (day, minutes.iter().map(|m| m.volume).sum()));
            assert_eq!((quote.price, quote.volume, quote.time.time()), (Some(last.close), bar.volume, clock));
            assert_eq!(quote.pre_close, whole.quote().pre_close);
            assert_eq!(now.bars().len(), whole.bars().len());
        }
    }
    let early = Market::at(6, day.to_datetime(time(9, 30, 0, 0)));
    assert_eq!(early.until(), date(2024, 6, 27));
    let late = Market::at(6, day.to_datetime(time(15, 0, 0, 0)));
    let bank = |market: &Market| market.instrument("sz000001").unwrap().quote().clone();
    assert_eq!(bank(&late), bank(&closed));
    let sunday = Market::at(6, date(2024, 6, 30).to_datetime(time(11, 0, 0, 0)));
    assert_eq!(bank(&sunday), bank(&closed));
}

#[test]
fn the_list_has_every_board_and_every_mark() {
    let market = Market::new(4, date(2024, 6, 28));
    let listed = market.listed();
    assert!(listed.is_sorted_by(|a, b| a.prefixed() < b.prefixed()), "no code twice");
    let count = |is: &dyn Fn(&Instrument) -> bool| listed.iter().filter(|i| is(i)).count();
    for (kind, exchange, least) in [
        (Kind::Main, Exchange::Sh, 1600),
        (Kind::Star, Exchange::Sh, 600),
        (Kind::Main, Exchange::Sz, 1450),
        (Kind::ChiNext, Exchange::Sz, 1350),
        (Kind::Beijing, Exchange::Bj, 280),
        (Kind::BShare, Exchange::Sh, 40),
        (Kind::BShare, Exchange::Sz, 40),
        (Kind::Fund, Exchange::Sz, 500),
    ] {
        assert!(count(&|i| i.kind == kind && i.exchange == exchange) >= least, "{kind:?} {exchange:?}");
    }
    assert!(count(&|i| i.is_etf()) > 900 && count(&|i| i.kind == Kind::Fund && !i.is_etf()) > 80);
    for (prefix, least) in [("ST", 10), ("*ST", 10), ("XD", 15), ("N", 2), ("C", 3)] {
        assert!(count(&|i| i.name.starts_with(prefix)) >= least, "{prefix}");
    }
    assert!(count(&|i| i.name.ends_with('Ａ')) > 5 && count(&|i| i.name.ends_with("-U")) > 5);
    assert!((15..40).contains(&count(&|i| i.state == State::Suspended)));
    let mut names: Vec<&str> = listed.iter().map(|i| i.name.as_str()).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert!(all - names.len() < 80, "{} names are not their own", all - names.len());
    for share in listed {
        let name = &share.name;
        let silent = |c: &char| c.is_whitespace() || "*-".contains(*c);
        let read = name.chars().filter(|c| !silent(c)).count();
        assert!(share.initials().iter().all(|text| text.chars().count() == read), "{name}");
        let quote = share.quote();
        match share.state {
            State::Suspended => assert!(quote.price.is_none() && quote.pre_close.is_some(), "{name}"),
            State::CallAuction => {}
            _ => {
                let bar = share.bars().last().unwrap();
                assert_eq!((bar.date, quote.price), (date(2024, 6, 28), Some(bar.close)), "{name}");
                let unit = 10_i64.pow(share.decimals);
                let paid = bar.amount * unit;
                assert!(bar.low * bar.volume * 100 <= paid && paid <= bar.high * bar.volume * 100, "{name}");
            }
        }
    }
    let first = listed.iter().find(|i| i.name.starts_with('N')).unwrap();
    assert!(first.quote().price.unwrap() > 2 * first.quote().pre_close.unwrap() && first.bars().len() == 1);
    let ex = listed.iter().find(|i| i.name.starts_with("XD")).unwrap();
    assert!(ex.quote().pre_close.unwrap() < ex.bars()[ex.bars().len() - 2].close);
    let again = Market::new(4, date(2024, 6, 28));
    assert_eq!(again.listed().len(), all);
    assert_eq!(again.listed()[777].quote(), listed[777].quote());
    assert!(Market::new(4, date(2014, 1, 1)).listed().is_empty());
}
