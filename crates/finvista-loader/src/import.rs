//! A table out of an Arrow C stream. Nothing of it is believed that can be checked.

use std::ffi::{CStr, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::{Array, StructArray, make_array};
use arrow_data::transform::MutableArrayData;
use arrow_schema::{ArrowError, DataType, Schema};
use finvista_core::{ErrorKind, RecordBatch, SchemaRef, SourceError, clean};
use finvista_plugin::abi::ArrowArrayStream;

use crate::c_data::{self, CArray, CSchema};
use crate::plugin::Plugin;
use crate::pool::RELEASE;

/// A stream with more batches than this is taken for one without an end.
const MOST_BATCHES: usize = 10_000;

/// The longest message of a stream, in characters.
const LONGEST_MESSAGE: usize = 500;

/// A stream that was moved here; its drop releases it.
#[derive(Debug)]
pub(crate) struct Stream(ArrowArrayStream);

// SAFETY: R1 lets the functions of a stream be called on any thread.
unsafe impl Send for Stream {}

impl Stream {
    /// Moves a stream here, unless there is none or it was moved away before.
    ///
    /// # Safety
    ///
    /// The pointer must be null, or point to a stream of the Arrow C stream interface that has no other user.
    pub(crate) unsafe fn moved(stream: *mut ArrowArrayStream) -> Option<Self> {
        // SAFETY: the caller vouches for it.
        unsafe { stream.as_ref() }?.release?;
        // SAFETY: not null; it is copied out, and marked as moved where it was.
        unsafe {
            let moved = stream.read();
            (*stream).release = None;
            Some(Self(moved))
        }
    }

    fn schema(&mut self) -> Result<CSchema, String> {
        let get = self.0.get_schema.ok_or("it has no get_schema")?;
        let mut schema = CSchema::EMPTY;
        // SAFETY: the stream is not released, and the place lives until the call returns.
        let code = unsafe { get(&raw mut self.0, (&raw mut schema).cast()) };
        if code == 0 { Ok(schema) } else { Err(self.error("get_schema", code)) }
    }

    /// The next batch, as the plugin filled it in; `None` at the end.
    fn next(&mut self, plugin: &'static Plugin) -> Result<Option<Batch>, String> {
        let get = self.0.get_next.ok_or("it has no get_next")?;
        let mut batch = Batch { array: CArray::EMPTY, plugin };
        // SAFETY: as in `schema`.
        let code = unsafe { get(&raw mut self.0, (&raw mut batch.array).cast()) };
        match code {
            0 => Ok(batch.array.release.is_some().then_some(batch)),
            code => Err(self.error("get_next", code)),
        }
    }

    fn error(&mut self, function: &str, code: c_int) -> String {
        // SAFETY: the stream is not released.
        let text = self.0.get_last_error.map(|get| unsafe { get(&raw mut self.0) });
        let Some(text) = text.filter(|text| !text.is_null()) else {
            return format!("{function} ended with {code}");
        };
        // SAFETY: a text that ends in a NUL, and lives until the next call of a function of the stream.
        let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
        clean(&text, LONGEST_MESSAGE).into_owned()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(release) = self.0.release {
            // SAFETY: the stream is not released yet.
            unsafe { release(&raw mut self.0) }
        }
    }
}

/// A batch of the plugin; its drop releases it.
#[derive(Debug)]
struct Batch {
    array: CArray,
    plugin: &'static Plugin,
}

// SAFETY: R1 lets an array be released on any thread.
unsafe impl Send for Batch {}

impl Batch {
    /// The batch for Arrow. The plugin's memory is released on a thread of the loader, wherever the last of its columns is dropped.
    fn lent(self) -> FFI_ArrowArray {
        let mut lent = CArray::EMPTY;
        let owner = Box::new(self);
        // SAFETY: a copy of plain data. Only the copy in the box is ever released by the plugin's own function.
        unsafe { (&raw mut lent).copy_from_nonoverlapping(&raw const owner.array, 1) };
        lent.release = Some(release);
        lent.private_data = Box::into_raw(owner).cast();
        // SAFETY: the layout is that of the specification for both types, and the array is not released.
        unsafe { FFI_ArrowArray::from_raw((&raw mut lent).cast()) }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        if let Some(release) = self.array.release {
            // SAFETY: the plugin's function on its own struct, which is not released yet.
            unsafe { release(&raw mut self.array) }
        }
    }
}

/// Releases a batch that was lent to Arrow.
unsafe extern "C" fn release(lent: *mut CArray) {
    // SAFETY: Arrow releases an array once, and it is one of `lent`.
    let owner = unsafe {
        (*lent).release = None;
        Box::from_raw((*lent).private_data.cast::<Batch>())
    };
    owner.plugin.others().run(RELEASE, move || drop(owner));
}

/// The table of a stream. One batch is taken as it is, without a copy; several are put together.
///
/// # Errors
///
/// [`Plugin`](ErrorKind::Plugin) when the stream does not hold a table, which breaks the contract.
pub(crate) fn table(stream: Stream, plugin: &'static Plugin) -> Result<RecordBatch, SourceError> {
    // Arrow asserts on some malformed data.
    let read = catch_unwind(AssertUnwindSafe(|| read(stream, plugin)));
    read.unwrap_or_else(|_| Err("it makes Arrow panic".to_owned()))
        .map_err(|why| SourceError::new(ErrorKind::Plugin, format!("the plugin's Arrow stream: {why}")))
}

fn read(mut stream: Stream, plugin: &'static Plugin) -> Result<RecordBatch, String> {
    let text = |e: ArrowError| e.to_string();
    let schema = stream.schema()?;
    // SAFETY: what the plugin filled in is as the specification says where it is not null.
    let layouts = unsafe { c_data::layouts(&schema) }?;
    // SAFETY: the layout is that of the specification for both types; it is only looked at.
    let schema =
        Schema::try_from(unsafe { &*(&raw const schema).cast::<FFI_ArrowSchema>() }).map_err(text)?;
    let schema = Arc::new(schema);
    let mut batches = Vec::new();
    while let Some(batch) = stream.next(plugin)? {
        if batches.len() == MOST_BATCHES {
            return Err(format!("more than {MOST_BATCHES} batches"));
        }
        // SAFETY: as above.
        unsafe { c_data::check(&batch.array, &layouts) }?;
        batches.push(imported(batch, &schema).map_err(text)?);
    }
    match batches.len() {
        1 => batches.pop().ok_or_else(String::new),
        _ => concat(schema, &batches).map_err(text),
    }
}

fn imported(batch: Batch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    // SAFETY: the array has the columns of the schema, as was checked.
    let data = unsafe { from_ffi_and_data_type(batch.lent(), DataType::Struct(schema.fields().clone())) }?;
    let (_, columns, _) = StructArray::from(data).into_parts();
    // The import believes offsets, and that text is UTF-8.
    columns.iter().try_for_each(|column| column.to_data().validate_full())?;
    RecordBatch::try_new(Arc::clone(schema), columns)
}

/// One batch of several, or of none.
fn concat(schema: SchemaRef, batches: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
    if batches.is_empty() {
        return Ok(RecordBatch::new_empty(schema));
    }
    let rows = batches.iter().map(RecordBatch::num_rows).sum();
    let column = |index: usize| {
        let parts: Vec<_> = batches.iter().map(|batch| batch.column(index).to_data()).collect();
        let mut whole = MutableArrayData::new(parts.iter().collect(), false, rows);
        for (part, data) in parts.iter().enumerate() {
            whole.try_extend(part, 0, data.len())?;
        }
        Ok(make_array(whole.freeze()))
    };
    let columns = (0..schema.fields().len()).map(column).collect::<Result<_, ArrowError>>()?;
    RecordBatch::try_new(schema, columns)
}
