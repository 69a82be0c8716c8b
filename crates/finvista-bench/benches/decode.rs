//! From a vendor's bytes to a table, beside the floor and the usual parse, and the check at the boundary alone.
//!
//! On a machine that others use, compare with `finvista-bench decode`, which measures in pairs.

#![allow(clippy::unwrap_used, reason = "a bench without its setup has nothing to measure")]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use finvista_bench::ours::Case;
use finvista_bench::{floor, naive};

fn daily(criterion: &mut Criterion) {
    let case = Case::daily().unwrap();
    let table = case.decode().unwrap();
    let mut group = criterion.benchmark_group("eastmoney daily, 8,053 rows");
    group.throughput(Throughput::Bytes(case.body.len() as u64));
    group.bench_function("floor", |bencher| bencher.iter(|| floor::bars(black_box(&case.body))));
    group.bench_function("finvista", |bencher| bencher.iter(|| black_box(&case).decode().unwrap()));
    group.bench_function("check", |bencher| bencher.iter(|| case.check(black_box(&table)).unwrap()));
    group.bench_function("value and split", |bencher| {
        bencher.iter(|| naive::bars(black_box(&case.body)).unwrap());
    });
    group.finish();
}

fn quotes(criterion: &mut Criterion) {
    let case = Case::quotes().unwrap();
    let table = case.decode().unwrap();
    let mut group = criterion.benchmark_group("sina quotes, 800 rows");
    group.throughput(Throughput::Bytes(case.body.len() as u64));
    group.bench_function("floor", |bencher| bencher.iter(|| floor::quotes(black_box(&case.body))));
    group.bench_function("finvista", |bencher| bencher.iter(|| black_box(&case).decode().unwrap()));
    group.bench_function("check", |bencher| bencher.iter(|| case.check(black_box(&table)).unwrap()));
    group.bench_function("text and split", |bencher| {
        bencher.iter(|| naive::quotes(&encoding_rs::GB18030.decode(black_box(&case.body)).0).unwrap());
    });
    group.finish();
}

criterion_group!(benches, daily, quotes);
criterion_main!(benches);
