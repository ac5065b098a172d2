/** Applied once, in a transaction, in the order of the numbers. A released migration is never changed. */
export interface Migration {
  readonly number: number;
  readonly sql: string;
}

/**
 * People and examples. `gallery` has one row: the lock that serialises changes, the number of the last change, and the
 * embedder of the last enrolment. `details`, `crop` and `vector` are encrypted where a key is set.
 */
const PEOPLE = `
CREATE TABLE rostro.gallery (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  last_change bigint NOT NULL DEFAULT 0,
  contract text,
  embedder text
);
INSERT INTO rostro.gallery DEFAULT VALUES;

CREATE TABLE rostro.people (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL CONSTRAINT people_name UNIQUE,
  own_id text COLLATE "C" CONSTRAINT people_own_id UNIQUE,
  metadata jsonb NOT NULL DEFAULT '{}',
  groups text[] NOT NULL DEFAULT '{}',
  changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE SEQUENCE rostro.places;
CREATE TABLE rostro.examples (
  key uuid PRIMARY KEY,
  person bigint NOT NULL REFERENCES rostro.people ON DELETE CASCADE,
  id text NOT NULL,
  place bigint NOT NULL DEFAULT nextval('rostro.places'),
  added_at timestamptz(3),
  details bytea,
  crop bytea,
  crop_extension text,
  UNIQUE (person, id)
);
ALTER TABLE rostro.examples ALTER COLUMN crop SET STORAGE EXTERNAL;

CREATE TABLE rostro.vectors (
  contract text NOT NULL,
  example uuid NOT NULL REFERENCES rostro.examples ON DELETE CASCADE,
  vector bytea NOT NULL,
  PRIMARY KEY (contract, example)
);
CREATE INDEX vectors_example ON rostro.vectors (example);

CREATE TABLE rostro.changes (
  number bigint PRIMARY KEY,
  mark uuid NOT NULL UNIQUE,
  people bigint[] NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
);
`;

/** Audit log, pseudonyms, access keys and logins. */
const TRUST = `
CREATE TABLE rostro.audit_head (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  lines bigint NOT NULL DEFAULT 0,
  hash text NOT NULL DEFAULT repeat('0', 64)
);
INSERT INTO rostro.audit_head DEFAULT VALUES;
CREATE TABLE rostro.audit (number bigint PRIMARY KEY, line text NOT NULL);
CREATE TABLE rostro.audit_subjects (
  name text COLLATE "C" PRIMARY KEY,
  subject text NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now()
);

CREATE SEQUENCE rostro.key_changes;
CREATE TABLE rostro.access_keys (
  id text PRIMARY KEY,
  name text NOT NULL,
  scope text NOT NULL,
  sha256 text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  revoked_at timestamptz,
  change bigint NOT NULL DEFAULT nextval('rostro.key_changes')
);
CREATE TABLE rostro.logins (
  id text PRIMARY KEY,
  key_id text NOT NULL,
  csrf_token text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz NOT NULL DEFAULT now()
);
`;

/** Restricts an access key to a group of people. */
const KEY_GROUPS = `
ALTER TABLE rostro.access_keys ADD COLUMN people_group text;
`;

/** Subjects of CompreFace's API that have no example; `group_name` is empty for those of a key without a group. */
const EMPTY_SUBJECTS = `
CREATE TABLE rostro.empty_subjects (
  name text COLLATE "C" NOT NULL,
  group_name text COLLATE "C" NOT NULL,
  PRIMARY KEY (name, group_name)
);
`;

/** Thresholds that were stored for a gallery, one for each embedder. */
const CALIBRATIONS = `
CREATE TABLE rostro.calibrations (
  contract text PRIMARY KEY,
  threshold double precision NOT NULL,
  far double precision,
  people integer NOT NULL,
  applied_at timestamptz(3) NOT NULL
);
`;

/** An earlier head of the audit log, beside the people: it shows that the whole log was deleted. */
const AUDIT_MARK = `
ALTER TABLE rostro.gallery ADD COLUMN audit_lines bigint NOT NULL DEFAULT 0, ADD COLUMN audit_hash text;
`;

/** Faces that are not of a person although they got their name, and their vectors of each embedder. */
const NEGATIVES = `
CREATE TABLE rostro.negatives (
  key uuid PRIMARY KEY,
  person bigint NOT NULL REFERENCES rostro.people ON DELETE CASCADE,
  id text NOT NULL,
  place bigint NOT NULL DEFAULT nextval('rostro.places'),
  added_at timestamptz(3) NOT NULL,
  nearest text,
  details bytea NOT NULL,
  crop bytea,
  UNIQUE (person, id)
);
ALTER TABLE rostro.negatives ALTER COLUMN crop SET STORAGE EXTERNAL;
CREATE TABLE rostro.negative_vectors (
  negative uuid NOT NULL REFERENCES rostro.negatives ON DELETE CASCADE,
  contract text NOT NULL,
  vector bytea NOT NULL,
  PRIMARY KEY (negative, contract)
);
`;

/**
 * Who was seen. `keep_until` is the limit of the server that recorded it. `id` begins with the time of the first look and sorts by it. `face` has the embedding and the crop, and is
 * encrypted where a key is set.
 */
const SIGHTINGS = `
CREATE TABLE rostro.sightings (
  id text COLLATE "C" PRIMARY KEY,
  person bigint REFERENCES rostro.people ON DELETE CASCADE,
  source text NOT NULL,
  camera text COLLATE "C",
  last_seen timestamptz(3) NOT NULL,
  keep_until timestamptz,
  quality double precision,
  facts jsonb NOT NULL,
  has_crop boolean NOT NULL,
  face bytea NOT NULL
);
ALTER TABLE rostro.sightings ALTER COLUMN face SET STORAGE EXTERNAL;
CREATE INDEX sightings_person ON rostro.sightings (person, id);
`;

/** Sessions of attendance and their rows. `facts` are encrypted where a key is set. */
const ATTENDANCE = `
CREATE TABLE rostro.attendance (
  id text COLLATE "C" PRIMARY KEY,
  facts bytea NOT NULL
);
CREATE TABLE rostro.attendance_people (
  key uuid PRIMARY KEY,
  session text COLLATE "C" NOT NULL REFERENCES rostro.attendance ON DELETE CASCADE,
  person bigint NOT NULL REFERENCES rostro.people ON DELETE CASCADE,
  place integer NOT NULL,
  facts bytea NOT NULL
);
CREATE INDEX attendance_people_session ON rostro.attendance_people (session);
CREATE INDEX attendance_people_person ON rostro.attendance_people (person);
`;

/** Which stranger a sighting without a person shows, and what a user said of it. */
const STRANGERS = `
ALTER TABLE rostro.sightings ADD COLUMN stranger text, ADD COLUMN mark text;
CREATE INDEX sightings_strangers ON rostro.sightings (id) WHERE person IS NULL;
CREATE INDEX sightings_stranger ON rostro.sightings (stranger, id) WHERE stranger IS NOT NULL;
`;

/** Consent, expiry and cover of a person as JSON, encrypted where a key is set; null for none of them. */
const FURTHER_DETAILS = `
ALTER TABLE rostro.people ADD COLUMN further bytea;
`;

/** Settings that were changed while a server ran, as texts; a missing value is the default. */
const SETTINGS = `
CREATE TABLE rostro.settings (
  name text COLLATE "C" PRIMARY KEY,
  value text,
  changed_at timestamptz(3) NOT NULL DEFAULT now()
);
`;

export const MIGRATIONS: readonly Migration[] = [
  { number: 1, sql: PEOPLE },
  { number: 2, sql: TRUST },
  { number: 3, sql: KEY_GROUPS },
  { number: 4, sql: EMPTY_SUBJECTS },
  { number: 5, sql: CALIBRATIONS },
  { number: 6, sql: AUDIT_MARK },
  { number: 7, sql: NEGATIVES },
  { number: 8, sql: SIGHTINGS },
  { number: 9, sql: STRANGERS },
  { number: 10, sql: ATTENDANCE },
  { number: 11, sql: SETTINGS },
  { number: 12, sql: FURTHER_DETAILS },
];

/** The schema of this version of Rostro. */
export const SCHEMA_VERSION = MIGRATIONS[MIGRATIONS.length - 1].number;
