package evidence

import (
	"bytes"
	"time"

	bolt "go.etcd.io/bbolt"
)

// fieldExpires is when the record expires, a time key. Only File keeps it;
// Redis has its own way to expire.
const fieldExpires = "expires"

// shelf is a bucket of records: each field under "<id>\x00<field>".
type shelf struct{ bucket *bolt.Bucket }

func fieldKey(id, name string) []byte { return []byte(id + "\x00" + name) }

// get returns one field, or the empty string.
func (s shelf) get(id, name string) string { return string(s.bucket.Get(fieldKey(id, name))) }

// pick returns the named fields.
func (s shelf) pick(id string, names []string) fields {
	out := make(fields, len(names))
	for _, name := range names {
		out[name] = s.get(id, name)
	}
	return out
}

// all returns every field, or an empty map.
func (s shelf) all(id string) fields {
	out, prefix := fields{}, fieldKey(id, "")
	cursor := s.bucket.Cursor()
	for key, value := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, value = cursor.Next() {
		out[string(key[len(prefix):])] = string(value)
	}
	return out
}

// put writes fields.
func (s shelf) put(id string, f fields) error {
	for name, value := range f {
		if err := s.bucket.Put(fieldKey(id, name), []byte(value)); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes a record.
func (s shelf) remove(id string) error {
	for name := range s.all(id) {
		if err := s.bucket.Delete(fieldKey(id, name)); err != nil {
			return err
		}
	}
	return nil
}

// live reports whether the record is there and has not expired.
func (s shelf) live(id string, now time.Time) bool {
	return s.get(id, fieldExpires) > timeKey(now)
}

// prolong lets the record live at the least until the given time.
func (s shelf) prolong(id string, until time.Time) error {
	key := timeKey(until)
	if s.get(id, fieldExpires) >= key {
		return nil
	}
	return s.bucket.Put(fieldKey(id, fieldExpires), []byte(key))
}

func records(tx *bolt.Tx) shelf   { return shelf{tx.Bucket(bucketRecords)} }
func snapshots(tx *bolt.Tx) shelf { return shelf{tx.Bucket(bucketSnapshots)} }

// incidentEntry is an entry's key in the index of incidents.
func incidentEntry(e entry) []byte { return []byte(e.incident() + " " + string(e)) }

// putEntry lists a verification that was accepted.
func putEntry(tx *bolt.Tx, e entry) error {
	for _, index := range []struct{ bucket, key []byte }{
		{bucketAccepted, []byte(e)},
		{bucketIncidents, incidentEntry(e)},
		{bucketPending, []byte(e)},
	} {
		if err := tx.Bucket(index.bucket).Put(index.key, nil); err != nil {
			return err
		}
	}
	return nil
}

// removeVerification deletes a record and its entries.
func removeVerification(tx *bolt.Tx, id string) error {
	text := records(tx).get(id, fieldEntry)
	if e, ok := parseEntry(text); ok {
		for _, index := range []struct{ bucket, key []byte }{
			{bucketAccepted, []byte(e)},
			{bucketIncidents, incidentEntry(e)},
			{bucketPending, []byte(e)},
		} {
			if err := tx.Bucket(index.bucket).Delete(index.key); err != nil {
				return err
			}
		}
	}
	return records(tx).remove(id)
}
