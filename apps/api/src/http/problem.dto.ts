/** One fault inside the request. */
export class ProblemErrorDto {
  /** JSON pointer (RFC 6901) to the value, or the parameter's name. */
  pointer: string;
  code: string;
  detail: string;
}

/** An error, as RFC 9457 describes it. Branch on `code`. */
export class ProblemDto {
  type: string;
  title: string;
  status: number;
  /** Stable name of the error. */
  code: string;
  detail: string;
  instance: string;
  request_id: string;
  errors?: ProblemErrorDto[];
  /** Also stands in the server's log. */
  error_id?: string;
}
