/** A scrape that failed for a reason that the target's owner can act on; the message is shown as its last error. */
export class ScrapeError extends Error {
  override readonly name: string = 'ScrapeError';
}

/** A series has more or longer labels than the job allows; counted separately. */
export class LabelLimitError extends ScrapeError {
  override readonly name = 'LabelLimitError';
}

/** The body is larger than the job allows; `scrape_body_size_bytes` is -1 then. */
export class BodySizeLimitError extends ScrapeError {
  override readonly name = 'BodySizeLimitError';

  constructor() {
    super('body size limit exceeded');
  }
}

/** The target sent more samples than the job allows. */
export class SampleLimitError extends ScrapeError {
  override readonly name = 'SampleLimitError';

  constructor() {
    super('sample limit exceeded');
  }
}
