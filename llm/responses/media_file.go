package responses

import (
	"path"
	"strings"

	"github.com/fairwaygw/fairway/llm"
	"github.com/fairwaygw/fairway/llm/rawjson"
)

// readImage reads an image: at an address, in the request, or uploaded before.
// Clients that know chat completions better put the address into an object.
func readImage(v []byte) (llm.Part, *llm.Error) {
	detail, err := str(member(v, "detail"), "detail")
	if err != nil {
		return llm.Part{}, err
	}
	id, err := str(member(v, "file_id"), "file_id")
	if err != nil {
		return llm.Part{}, err
	}
	if id != "" {
		return llm.Part{Kind: llm.PartImage, Media: &llm.Media{FileID: id, Detail: detail}}, nil
	}
	address, at := member(v, "image_url"), "image_url"
	if rawjson.KindOf(address) == rawjson.Object {
		address, at = member(address, "url"), "image_url.url"
	}
	url, err := nonEmpty(address, at)
	if err != nil {
		return llm.Part{}, err
	}
	m, err := readMediaURL(url, at)
	if err != nil {
		return llm.Part{}, err
	}
	m.Detail = detail
	return llm.Part{Kind: mediaKind(m, llm.PartImage), Media: m}, nil
}

// readFile reads a file: uploaded before, at an address, or in the request.
func readFile(v []byte) (llm.Part, *llm.Error) {
	id, err := str(member(v, "file_id"), "file_id")
	if err != nil {
		return llm.Part{}, err
	}
	name, err := str(member(v, "filename"), "filename")
	if err != nil {
		return llm.Part{}, err
	}
	if id != "" {
		return llm.Part{Kind: llm.PartDocument, Media: &llm.Media{FileID: id, Name: name}}, nil
	}
	var m *llm.Media
	if url, err := str(member(v, "file_url"), "file_url"); err != nil {
		return llm.Part{}, err
	} else if url != "" {
		if m, err = readMediaURL(url, "file_url"); err != nil {
			return llm.Part{}, err
		}
	} else {
		data, err := nonEmpty(member(v, "file_data"), "file_data")
		if err != nil {
			return llm.Part{}, err
		}
		if strings.Contains(data[:min(len(data), 8)], ":") {
			m, err = readMediaURL(data, "file_data")
		} else {
			m, err = readMediaData(fileType(name), data, "file_data")
		}
		if err != nil {
			return llm.Part{}, err
		}
	}
	m.Name = name
	return llm.Part{Kind: mediaKind(m, llm.PartDocument), Media: m}, nil
}

// readAudio reads a sound: {"data":…,"format":…}.
func readAudio(v []byte) (llm.Part, *llm.Error) {
	const at = "input_audio"
	in := member(v, at)
	format, err := str(member(in, "format"), at+".format")
	if err != nil {
		return llm.Part{}, err
	}
	data, err := nonEmpty(member(in, "data"), at+".data")
	if err != nil {
		return llm.Part{}, err
	}
	m, err := readMediaData("", data, at+".data")
	if err != nil {
		return llm.Part{}, err
	}
	if format != "" {
		m.MIMEType = "audio/" + format
	}
	return llm.Part{Kind: llm.PartAudio, Media: m}, nil
}

// fileTypes are the types of files by the ends of their names. The operating
// system's table is not asked, for answers must not depend on the machine.
var fileTypes = map[string]string{
	".pdf": "application/pdf", ".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".html": "text/html",
	".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif", ".webp": "image/webp",
}

// fileType is a file's type by its name; without one it is a PDF, the kind that
// most models take.
func fileType(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if ext == "" {
		return "application/pdf"
	}
	if t, ok := fileTypes[ext]; ok {
		return t
	}
	return "application/octet-stream"
}
