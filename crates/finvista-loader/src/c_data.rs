//! The structs of Arrow's C data interface, and what can be told of them before Arrow reads them: null pointers, counts, lengths
//! and formats. What no pointer tells, such as the size of a buffer, is believed.

use std::ffi::{CStr, c_char, c_void};

use finvista_core::clean;

/// A schema as Arrow's specification lays it out.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct CSchema {
    format: *const c_char,
    name: *const c_char,
    metadata: *const c_char,
    flags: i64,
    n_children: i64,
    children: *mut *mut Self,
    dictionary: *mut Self,
    release: Option<unsafe extern "C" fn(*mut Self)>,
    private_data: *mut c_void,
}

/// An array as Arrow's specification lays it out.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct CArray {
    length: i64,
    null_count: i64,
    offset: i64,
    n_buffers: i64,
    n_children: i64,
    buffers: *mut *const c_void,
    children: *mut *mut Self,
    dictionary: *mut Self,
    pub(crate) release: Option<unsafe extern "C" fn(*mut Self)>,
    pub(crate) private_data: *mut c_void,
}

impl CSchema {
    pub(crate) const EMPTY: Self = Self {
        format: std::ptr::null(),
        name: std::ptr::null(),
        metadata: std::ptr::null(),
        flags: 0,
        n_children: 0,
        children: std::ptr::null_mut(),
        dictionary: std::ptr::null_mut(),
        release: None,
        private_data: std::ptr::null_mut(),
    };
}

impl Drop for CSchema {
    fn drop(&mut self) {
        if let Some(release) = self.release {
            // SAFETY: the producer's function, on its own struct, which is not released yet.
            unsafe { release(self) }
        }
    }
}

impl CArray {
    pub(crate) const EMPTY: Self = Self {
        length: 0,
        null_count: 0,
        offset: 0,
        n_buffers: 0,
        n_children: 0,
        buffers: std::ptr::null_mut(),
        children: std::ptr::null_mut(),
        dictionary: std::ptr::null_mut(),
        release: None,
        private_data: std::ptr::null_mut(),
    };
}

/// How the values of a column lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Validity and values, of this number of bytes each.
    Fixed,
    /// Validity and bits.
    Bits,
    /// Validity, offsets and bytes.
    Text,
    /// Keys of a dictionary of texts.
    Label,
}

/// No table has more columns.
const MOST_COLUMNS: i64 = 1_000;
/// No column has more values: offsets of text have 31 bits.
const MOST_ROWS: i64 = i32::MAX as i64;
/// No format that a table may have is longer, in bytes; the zone of an instant is the longest.
const LONGEST_FORMAT: usize = 64;

/// The layout of each column of a table.
///
/// # Safety
///
/// What is not null must point to what the specification says.
pub(crate) unsafe fn layouts(schema: &CSchema) -> Result<Vec<Layout>, String> {
    if schema.release.is_none() {
        return Err("expected a schema, got one that was released".to_owned());
    }
    // SAFETY: the caller vouches for it.
    let format = unsafe { format(schema) }?;
    if format != "+s" {
        return Err(format!("expected a struct of columns (format +s), got format {format:?}"));
    }
    // SAFETY: as above.
    let columns = unsafe { children(schema.n_children, schema.children.cast_const(), "schema") }?;
    let mut layouts = Vec::with_capacity(columns.len());
    for (place, &column) in columns.iter().enumerate() {
        // SAFETY: not null, as `children` found.
        let layout = unsafe { layout(&*column) };
        layouts.push(layout.map_err(|why| format!("column {}: {why}", place + 1))?);
    }
    Ok(layouts)
}

/// # Safety
///
/// As for [`layouts`].
unsafe fn layout(column: &CSchema) -> Result<Layout, String> {
    // SAFETY: the caller vouches for it.
    let format = unsafe { format(column) }?;
    if column.n_children != 0 {
        return Err(format!("expected no children, got {}", column.n_children));
    }
    // SAFETY: as above.
    let dictionary = unsafe { column.dictionary.as_ref() };
    match (format.as_str(), dictionary) {
        // SAFETY: as above.
        ("i", Some(values)) => match unsafe { self::format(values) }?.as_str() {
            "u" if values.dictionary.is_null() && values.n_children == 0 => Ok(Layout::Label),
            other => Err(format!("expected a dictionary of texts (format u), got format {other:?}")),
        },
        (other, Some(_)) => Err(format!("expected keys of format i, got format {other:?}")),
        ("u", None) => Ok(Layout::Text),
        ("b", None) => Ok(Layout::Bits),
        ("g" | "l" | "tdD", None) => Ok(Layout::Fixed),
        (instant, None) if instant.starts_with("tsm:") => Ok(Layout::Fixed),
        (other, None) => Err(format!(
            "expected one of the formats u, tdD, tsm:ZONE, g, l, b and i with a dictionary of u, got {other:?}"
        )),
    }
}

/// # Safety
///
/// As for [`layouts`]; a format ends in a NUL.
unsafe fn format(schema: &CSchema) -> Result<String, String> {
    if schema.format.is_null() {
        return Err("expected a format, got null".to_owned());
    }
    // SAFETY: the caller vouches for it.
    let format = unsafe { CStr::from_ptr(schema.format) }.to_string_lossy();
    match format.len() {
        0..=LONGEST_FORMAT => Ok(clean(&format, LONGEST_FORMAT).into_owned()),
        long => Err(format!("expected a format of at most {LONGEST_FORMAT} bytes, got {long}")),
    }
}

/// The children of a struct, none of which is null.
///
/// # Safety
///
/// A list that is not null has this number of pointers.
unsafe fn children<'a, T>(number: i64, list: *const *mut T, of: &str) -> Result<&'a [*mut T], String> {
    let count = usize::try_from(number).ok().filter(|_| number <= MOST_COLUMNS);
    let count =
        count.ok_or_else(|| format!("expected at most {MOST_COLUMNS} children of the {of}, got {number}"))?;
    if count == 0 {
        return Ok(&[]);
    }
    if list.is_null() {
        return Err(format!("expected {number} children of the {of}, got null"));
    }
    // SAFETY: the caller vouches for it.
    let list = unsafe { std::slice::from_raw_parts(list, count) };
    match list.iter().position(|child| child.is_null()) {
        Some(place) => Err(format!("child {} of the {of} is null", place + 1)),
        None => Ok(list),
    }
}

/// Whether an array is a batch of columns with these layouts.
///
/// # Safety
///
/// What is not null must point to what the specification says.
pub(crate) unsafe fn check(batch: &CArray, layouts: &[Layout]) -> Result<(), String> {
    sizes(batch)?;
    // SAFETY: the caller vouches for it.
    unsafe { buffers(batch, 1) }?;
    // SAFETY: as above.
    let columns = unsafe { children(batch.n_children, batch.children.cast_const(), "array") }?;
    if columns.len() != layouts.len() {
        return Err(format!("expected the {} columns of the schema, got {}", layouts.len(), columns.len()));
    }
    for (place, (&column, layout)) in columns.iter().zip(layouts).enumerate() {
        // SAFETY: not null, as `children` found.
        let checked = unsafe { self::column(&*column, *layout, batch.length + batch.offset) };
        checked.map_err(|why| format!("column {}: {why}", place + 1))?;
    }
    Ok(())
}

/// # Safety
///
/// As for [`check`].
unsafe fn column(column: &CArray, layout: Layout, rows: i64) -> Result<(), String> {
    sizes(column)?;
    if column.length < rows {
        return Err(format!("expected {rows} values, got {}", column.length));
    }
    if column.n_children != 0 {
        return Err(format!("expected no children, got {}", column.n_children));
    }
    if column.dictionary.is_null() == (layout == Layout::Label) {
        let expected =
            if layout == Layout::Label { "a dictionary, got null" } else { "no dictionary, got one" };
        return Err(format!("expected {expected}"));
    }
    match layout {
        // SAFETY: the caller vouches for it.
        Layout::Fixed | Layout::Bits => unsafe { values(column, 2) }.map(drop),
        // SAFETY: as above.
        Layout::Text => unsafe { text(column) },
        Layout::Label => {
            // SAFETY: as above.
            unsafe { values(column, 2) }?;
            // SAFETY: not null, as was found above.
            let words = unsafe { &*column.dictionary };
            sizes(words)
                .and_then(|()| {
                    // SAFETY: as above.
                    unsafe { text(words) }
                })
                .map_err(|why| format!("its dictionary: {why}"))
        }
    }
}

/// Offsets of text lie within the bytes only if they never fall.
///
/// # Safety
///
/// As for [`check`].
unsafe fn text(column: &CArray) -> Result<(), String> {
    // SAFETY: the caller vouches for it.
    let buffers = unsafe { values(column, 3) }?;
    let rows = usize::try_from(column.offset + column.length).unwrap_or_default();
    // A column without rows need not have offsets.
    let Some(&offsets) = buffers.get(1).filter(|offsets| rows > 0 && !offsets.is_null()) else {
        return Ok(());
    };
    let offsets = offsets.cast::<i32>();
    let mut before = 0;
    for place in 0..=rows {
        // SAFETY: a column of text has one offset more than values; they need not be aligned.
        let offset = unsafe { offsets.add(place).read_unaligned() };
        if offset < before {
            return Err(format!("expected an offset of at least {before}, got {offset}"));
        }
        before = offset;
    }
    match buffers.get(2) {
        Some(bytes) if bytes.is_null() && before > 0 => {
            Err(format!("expected {before} bytes of text, got null"))
        }
        _ => Ok(()),
    }
}

fn sizes(array: &CArray) -> Result<(), String> {
    let CArray { length, offset, null_count, .. } = *array;
    if length < 0 || offset < 0 || length.saturating_add(offset) > MOST_ROWS {
        return Err(format!(
            "expected a length and an offset of at most {MOST_ROWS}, got {length} and {offset}"
        ));
    }
    if null_count < -1 || null_count > length {
        return Err(format!("expected a number of nulls from -1 to {length}, got {null_count}"));
    }
    Ok(())
}

/// The buffers of a column, with values where it has rows.
///
/// # Safety
///
/// As for [`check`].
unsafe fn values<'a>(column: &CArray, number: i64) -> Result<&'a [*const c_void], String> {
    // SAFETY: the caller vouches for it.
    let buffers = unsafe { buffers(column, number) }?;
    match buffers.get(1) {
        Some(values) if values.is_null() && column.length + column.offset > 0 => {
            Err(format!("expected a buffer for {} values, got null", column.length))
        }
        _ => Ok(buffers),
    }
}

/// The buffers of an array; the first is its validity.
///
/// # Safety
///
/// As for [`check`].
unsafe fn buffers<'a>(array: &CArray, number: i64) -> Result<&'a [*const c_void], String> {
    if array.n_buffers != number {
        return Err(format!("expected {number} buffers, got {}", array.n_buffers));
    }
    if array.buffers.is_null() {
        return Err(format!("expected {number} buffers, got null"));
    }
    // SAFETY: not null, and the caller vouches for the number.
    let buffers = unsafe {
        std::slice::from_raw_parts(array.buffers.cast_const(), usize::try_from(number).unwrap_or_default())
    };
    match buffers.first() {
        Some(validity) if validity.is_null() && array.null_count > 0 => {
            Err(format!("expected a validity buffer for {} nulls, got null", array.null_count))
        }
        _ => Ok(buffers),
    }
}
