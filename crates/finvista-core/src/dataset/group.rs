//! Groups of columns that several data sets share.

/// Expands a group such as `..bar;` in [`columns!`](crate::columns) to its columns. The literal is the unit of its prices.
#[doc(hidden)]
#[macro_export]
macro_rules! __column_group {
    // Prices and volume of a bar.
    (bar $price:literal, $head:tt $done:tt $($rest:tt)*) => {
        $crate::columns!(@munch $head $done
            /// The first price.
            open: $crate::dataset::Float, $price;
            /// The highest price.
            high: $crate::dataset::Float, $price;
            /// The lowest price.
            low: $crate::dataset::Float, $price;
            /// The last price.
            close: $crate::dataset::Float, $price;
            /// Shares traded. Never adjusted. Vendors that count in lots round it to 100.
            volume: $crate::dataset::Int, "shares";
            /// Value traded, in CNY (B shares: USD in Shanghai, HKD in Shenzhen). Never adjusted. Null if the archive has none.
            amount: $crate::dataset::Optional<$crate::dataset::Float>, "CNY";
            $($rest)*);
    };
    // Changes from the previous bar.
    (change $price:literal, $head:tt $done:tt $($rest:tt)*) => {
        $crate::columns!(@munch $head $done
            /// Close minus the close of the previous bar of the same series; null if that is unknown, as on the first day of all.
            change: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// Change in percent of the previous close, to two decimals: 1.5 is 1.5 %. Null too if that close is not above zero.
            change_pct: $crate::dataset::Optional<$crate::dataset::Float>, "%";
            /// High minus low in percent of the previous close, to two decimals.
            amplitude: $crate::dataset::Optional<$crate::dataset::Float>, "%";
            $($rest)*);
    };
    // Prices and volume of the current day.
    (quote $price:literal, $head:tt $done:tt $($rest:tt)*) => {
        $crate::columns!(@munch $head $done
            /// The name, as the vendor writes it.
            name: $crate::dataset::Text, "";
            /// The vendor's timestamp of the quote.
            time: $crate::dataset::Optional<$crate::dataset::Time>, "";
            /// The last price traded today; null before the first trade and on a suspended day.
            price: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The reference close of the day before, which limits and change refer to.
            pre_close: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The first price of the day; null before the first trade.
            open: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The highest price of the day; null before the first trade.
            high: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The lowest price of the day; null before the first trade.
            low: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// Shares traded today. Vendors that count in lots round it to 100.
            volume: $crate::dataset::Optional<$crate::dataset::Int>, "shares";
            /// Value traded today, in CNY (B shares: USD in Shanghai, HKD in Shenzhen).
            amount: $crate::dataset::Optional<$crate::dataset::Float>, "CNY";
            /// Price minus the close of the day before.
            change: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// Change in percent of the close of the day before, to two decimals: 1.5 is 1.5 %.
            change_pct: $crate::dataset::Optional<$crate::dataset::Float>, "%";
            $($rest)*);
    };
    // Five levels of an order book.
    (book5 $price:literal, $head:tt $done:tt $($rest:tt)*) => {
        $crate::columns!(@munch $head $done
            /// The best bid; null if there is none, or the vendor has no order book.
            bid1: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The second bid.
            bid2: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The third bid.
            bid3: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The fourth bid.
            bid4: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The fifth bid.
            bid5: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// Shares bid for at `bid1`. Vendors that count in lots round it to 100.
            bid_volume1: $crate::dataset::Optional<$crate::dataset::Int>, "shares";
            /// Shares bid for at `bid2`.
            bid_volume2: $crate::dataset::Optional<$crate::dataset::Int>, "shares";
            /// Shares bid for at `bid3`.
            bid_volume3: $crate::dataset::Optional<$crate::dataset::Int>, "shares";
            /// Shares bid for at `bid4`.
            bid_volume4: $crate::dataset::Optional<$crate::dataset::Int>, "shares";
            /// Shares bid for at `bid5`.
            bid_volume5: $crate::dataset::Optional<$crate::dataset::Int>, "shares";
            /// The best ask; null if there is none, or the vendor has no order book.
            ask1: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The second ask.
            ask2: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The third ask.
            ask3: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The fourth ask.
            ask4: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// The fifth ask.
            ask5: $crate::dataset::Optional<$crate::dataset::Float>, $price;
            /// Shares offered at `ask1`. Vendors that count in lots round it to 100.
            ask_volume1: $crate::dataset::Optional<$crate::dataset::Int>, "shares";
            /// Shares offered at `ask2`.
            ask_volume2: $crate::dataset::Optional<$crate::dataset::Int>, "shares";
            /// Shares offered at `ask3`.
            ask_volume3: $crate::dataset::Optional<$crate::dataset::Int>, "shares";
            /// Shares offered at `ask4`.
            ask_volume4: $crate::dataset::Optional<$crate::dataset::Int>, "shares";
            /// Shares offered at `ask5`.
            ask_volume5: $crate::dataset::Optional<$crate::dataset::Int>, "shares";
            $($rest)*);
    };
    ($other:ident $price:literal, $($rest:tt)*) => {
        compile_error!(concat!("expected a group of columns (bar, change, quote or book5), got ", stringify!($other)));
    };
}

/// Fills columns by their names from a `Bar` or a `Quote`.
#[doc(hidden)]
#[macro_export]
macro_rules! __fill_columns {
    ([] $Columns:ident $($name:ident)+) => {};
    ([bars] $Columns:ident $($name:ident)+) => {
        impl $crate::dataset::BarColumns for $Columns {
            type At = $crate::__bar_time!($($name)+);

            #[inline]
            fn push_bar(
                &mut self,
                at: <Self::At as $crate::dataset::BarTime>::Native,
                bar: &$crate::dataset::Bar<Self::At>,
            ) {
                $( $crate::__bar_column!(push $name, self, at, bar); )+
            }

            fn ends_with(&self, bar: &$crate::dataset::Bar<Self::At>) -> bool {
                $( $crate::__bar_column!(last $name, self, bar) )&&+
            }

            fn times(&self) -> &[<Self::At as $crate::dataset::BarTime>::Native] {
                $crate::__bar_times!(self, $($name)+)
            }

            fn prices(&mut self) -> [&mut Vec<f64>; 4] {
                [&mut self.open, &mut self.high, &mut self.low, &mut self.close]
            }

            fn complete(&mut self, series: &$crate::dataset::derived::Series<'_>) {
                $( $crate::__bar_column!(complete $name, self, series); )+
            }
        }
    };
    ([quotes] $Columns:ident $($name:ident)+) => {
        impl $crate::dataset::QuoteColumns for $Columns {
            #[inline]
            fn push_quote(&mut self, quote: &$crate::dataset::Quote<'_>) {
                $( $crate::__quote_column!($name, self, quote); )+
            }

            fn set_symbols(&mut self, symbols: $crate::dataset::Texts) {
                self.symbol = symbols;
            }
        }
    };
    ([$other:ident] $($rest:tt)*) => {
        compile_error!(concat!("expected bars or quotes, got ", stringify!($other)));
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __bar_time {
    (date $($rest:ident)*) => { $crate::dataset::derived::Date };
    (time $($rest:ident)*) => { $crate::dataset::derived::DateTime };
    ($other:ident $($rest:ident)*) => { $crate::__bar_time!($($rest)*) };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __bar_times {
    ($this:tt, date $($rest:ident)*) => { &$this.date };
    ($this:tt, time $($rest:ident)*) => { &$this.time };
    ($this:tt, $other:ident $($rest:ident)*) => { $crate::__bar_times!($this, $($rest)*) };
}

/// The values of a column of a bar: of each row (`push`), whether the last row has them (`last`), and of all rows at the end
/// (`complete`).
#[doc(hidden)]
#[macro_export]
macro_rules! __bar_column {
    (push symbol, $this:tt, $at:ident, $bar:ident) => {};
    (push finished, $this:tt, $at:ident, $bar:ident) => {};
    (push date, $this:tt, $at:ident, $bar:ident) => {
        $this.date.push($at)
    };
    (push time, $this:tt, $at:ident, $bar:ident) => {
        $this.time.push($at)
    };
    (push $name:ident, $this:tt, $at:ident, $bar:ident) => {
        $this.$name.push($bar.$name)
    };
    (last symbol, $this:tt, $bar:ident) => {
        true
    };
    (last finished, $this:tt, $bar:ident) => {
        true
    };
    (last date, $this:tt, $bar:ident) => {
        true
    };
    (last time, $this:tt, $bar:ident) => {
        true
    };
    (last open, $this:tt, $bar:ident) => {
        $this.open.last() == Some(&$bar.open)
    };
    (last high, $this:tt, $bar:ident) => {
        $this.high.last() == Some(&$bar.high)
    };
    (last low, $this:tt, $bar:ident) => {
        $this.low.last() == Some(&$bar.low)
    };
    (last close, $this:tt, $bar:ident) => {
        $this.close.last() == Some(&$bar.close)
    };
    (last volume, $this:tt, $bar:ident) => {
        $this.volume.last() == Some(&$bar.volume)
    };
    (last $name:ident, $this:tt, $bar:ident) => {
        $this.$name.last() == Some($bar.$name)
    };
    (complete symbol, $this:tt, $series:ident) => {
        $this.symbol =
            $crate::dataset::Labels::repeated($series.symbol, $crate::dataset::BarColumns::times($this).len())
    };
    (complete finished, $this:tt, $series:ident) => {
        $this.finished = $series.finished(&$this.time)
    };
    (complete change, $this:tt, $series:ident) => {
        $series.change(&mut $this.change, &$this.close)
    };
    (complete change_pct, $this:tt, $series:ident) => {
        $series.change_pct(&mut $this.change_pct, &$this.close)
    };
    (complete amplitude, $this:tt, $series:ident) => {
        $series.amplitude(&mut $this.amplitude, &$this.close, &$this.high, &$this.low)
    };
    (complete $name:ident, $this:tt, $series:ident) => {};
}

/// The value of a column of a quote.
#[doc(hidden)]
#[macro_export]
macro_rules! __quote_column {
    (symbol, $this:tt, $quote:ident) => {};
    (name, $this:tt, $quote:ident) => {
        $this.name.push($quote.name.trim())
    };
    (time, $this:tt, $quote:ident) => {
        $this.time.push($quote.time.map($crate::dataset::derived::milliseconds))
    };
    (change, $this:tt, $quote:ident) => {
        $this.change.push($quote.derived_change())
    };
    (change_pct, $this:tt, $quote:ident) => {
        $this.change_pct.push($quote.derived_change_pct())
    };
    (amount, $this:tt, $quote:ident) => {
        $this.amount.push($quote.traded_amount())
    };
    (bid1, $this:tt, $quote:ident) => {
        $this.bid1.push($quote.bids[0].price)
    };
    (bid_volume1, $this:tt, $quote:ident) => {
        $this.bid_volume1.push($quote.bids[0].volume)
    };
    (bid2, $this:tt, $quote:ident) => {
        $this.bid2.push($quote.bids[1].price)
    };
    (bid_volume2, $this:tt, $quote:ident) => {
        $this.bid_volume2.push($quote.bids[1].volume)
    };
    (bid3, $this:tt, $quote:ident) => {
        $this.bid3.push($quote.bids[2].price)
    };
    (bid_volume3, $this:tt, $quote:ident) => {
        $this.bid_volume3.push($quote.bids[2].volume)
    };
    (bid4, $this:tt, $quote:ident) => {
        $this.bid4.push($quote.bids[3].price)
    };
    (bid_volume4, $this:tt, $quote:ident) => {
        $this.bid_volume4.push($quote.bids[3].volume)
    };
    (bid5, $this:tt, $quote:ident) => {
        $this.bid5.push($quote.bids[4].price)
    };
    (bid_volume5, $this:tt, $quote:ident) => {
        $this.bid_volume5.push($quote.bids[4].volume)
    };
    (ask1, $this:tt, $quote:ident) => {
        $this.ask1.push($quote.asks[0].price)
    };
    (ask_volume1, $this:tt, $quote:ident) => {
        $this.ask_volume1.push($quote.asks[0].volume)
    };
    (ask2, $this:tt, $quote:ident) => {
        $this.ask2.push($quote.asks[1].price)
    };
    (ask_volume2, $this:tt, $quote:ident) => {
        $this.ask_volume2.push($quote.asks[1].volume)
    };
    (ask3, $this:tt, $quote:ident) => {
        $this.ask3.push($quote.asks[2].price)
    };
    (ask_volume3, $this:tt, $quote:ident) => {
        $this.ask_volume3.push($quote.asks[2].volume)
    };
    (ask4, $this:tt, $quote:ident) => {
        $this.ask4.push($quote.asks[3].price)
    };
    (ask_volume4, $this:tt, $quote:ident) => {
        $this.ask_volume4.push($quote.asks[3].volume)
    };
    (ask5, $this:tt, $quote:ident) => {
        $this.ask5.push($quote.asks[4].price)
    };
    (ask_volume5, $this:tt, $quote:ident) => {
        $this.ask_volume5.push($quote.asks[4].volume)
    };
    ($name:ident, $this:tt, $quote:ident) => {
        $this.$name.push($quote.$name)
    };
}
