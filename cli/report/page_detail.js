/* What a row unfolds to: fields and bytes of the command and its reply. */

function bytesOf(body) {
  const text = atob(data.bodies[body] || ""), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++)
    bytes[i] = text.charCodeAt(i);
  return bytes;
}

/* The header is made again of what is known of it. */
function messageBytes(i, reply) {
  const body = bytesOf(reply ? at.reply_body[i] : at.body[i]), bytes = new Uint8Array(16 + body.length), v = new DataView(bytes.buffer);
  const little = !(at.marks[i] & MARK.swapped);
  v.setUint16(0, at.id[i], little);
  v.setUint16(2, at.command[i], little);
  v.setUint32(4, reply ? at.reply_size[i] : at.size[i], little);
  v.setUint32(8, reply ? at.reply_flags[i] : at.flags[i], little);
  v.setUint32(12, reply ? at.error[i] : 0, little);
  bytes.set(body, 16);
  return bytes;
}

function dump(i, reply) {
  const bytes = messageBytes(i, reply), hidden = data.hiddenAt.get(2 * i + (reply ? 1 : 0)), lines = [];
  const isHidden = (k) => hidden && k >= hidden[0] + 16 && k < hidden[1] + 16;
  for (let k = 0; k < bytes.length; k += 16) {
    let digits = "", text = "";
    for (let b = k; b < k + 16; b++) {
      const there = b < bytes.length, c = bytes[b];
      digits += (b === k + 8 ? "  " : " ") + (!there ? "  " : isHidden(b) ? "··" : c.toString(16).padStart(2, "0"));
      text += !there ? "" : isHidden(b) ? "·" : c >= 32 && c < 127 ? String.fromCharCode(c) : ".";
    }
    lines.push(k.toString(16).padStart(4, "0") + digits + "  " + text);
  }
  const size = reply ? at.reply_size[i] : at.size[i];
  if (size > bytes.length)
    lines.push("… " + thin(size - bytes.length) + " bytes more");
  return lines.join("\n");
}

function half(i, reply) {
  const box = make("div"), no = reply ? at.reply_no[i] : at.no[i], link = make("a", "", "#" + no), title = make("h4");
  const fields = (data.lines[reply ? at.reply_fields[i] : at.fields[i]] || []).map((w) => words[w]).join("\n");
  const from = at.from[i] ^ (reply && at.kind[i] === KIND.exchange), flags = reply ? at.reply_flags[i] : at.flags[i];
  const hidden = data.hiddenAt.get(2 * i + (reply ? 1 : 0));
  link.href = "#" + no;
  title.append(link, (reply ? " reply" : " command") + " by the " + (from ? "server" : "client"));
  box.append(title, make("div", "soft", "id " + at.id[i] + ", " + (reply ? at.reply_size[i] : at.size[i]) + " bytes, flags " + hex(flags) +
    (reply && at.error[i] ? ", error " + (data.errors[at.error[i]] || at.error[i]) : "")));
  if (fields)
    box.append(make("pre", "", fields));
  if (hidden)
    box.append(make("div", "hidden", (hidden[1] - hidden[0]) + " bytes of guest memory, or what may be some, are left out (··)"));
  box.append(make("pre", "bytes", dump(i, reply)));
  return box;
}

function makeDetail(i) {
  const box = make("div", "detail"), event = at.kind[i] === KIND.event;
  const below = make("div", "full"), lines = words[at.below[i]];
  if (event)
    below.append(make("div", "", words[at.said[i]]));
  for (const line of lines ? lines.split("\n") : [])
    below.append(make("div", "below", line));
  if (at.marks[i] & MARK.unanswered)
    below.append(make("div", "flag bad", "no reply came"));
  if (below.childNodes.length)
    box.append(below);
  if (!event && at.no[i])
    box.append(half(i, false));
  if (!event && at.reply_no[i])
    box.append(half(i, true));
  return box;
}
