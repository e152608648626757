/** The fields of a request by which a page asks for another origin's response (Fetch Standard, CORS protocol). */
export interface CorsRequest {
  readonly origin: string;
  /** Of a preflight, `Access-Control-Request-Method`. */
  readonly method?: string;
  /** Of a preflight, `Access-Control-Request-Headers`. */
  readonly headers?: string;
}
